using Gantry.Engine.Containers.State;

namespace Gantry.Engine.Containers.HealthChecks;

/// <summary>Docker's rules of how a container's health changes.</summary>
internal static class HealthRules
{
    private const int LogLength = 5;

    /// <summary>At a start: from the beginning, but with what is remembered of the last run.</summary>
    internal static HealthRecord? Started(HealthRecord? previous, bool hasCheck) => !hasCheck ? null : new HealthRecord
    {
        Status = HealthRecord.Starting,
        Log = previous?.Log ?? [],
    };

    /// <summary>When nobody probes any more, because it ended or is paused: not known to be healthy.</summary>
    internal static HealthRecord? Stopped(HealthRecord? health) => health is null ? null : health with { Status = HealthRecord.Unhealthy };

    internal static HealthRecord After(HealthRecord health, HealthResult result, HealthSettings settings, DateTimeOffset startedAt)
    {
        var log = health.Log.Skip(health.Log.Count - LogLength + 1).Append(result).ToList();
        if (result.ExitCode == 0)
        {
            return new HealthRecord { Status = HealthRecord.Healthy, Log = log };
        }

        if (health.Status == HealthRecord.Starting && result.Start - startedAt < settings.StartPeriod)
        {
            return health with { Log = log };
        }

        var streak = health.FailingStreak + 1;
        return new HealthRecord
        {
            Status = streak >= settings.Retries ? HealthRecord.Unhealthy : health.Status,
            FailingStreak = streak,
            Log = log,
        };
    }

    /// <summary>The wait before the next probe.</summary>
    internal static TimeSpan Wait(string? status, HealthSettings settings, TimeSpan sinceStart) =>
        status == HealthRecord.Starting && sinceStart < settings.StartPeriod ? settings.StartInterval : settings.Interval;
}
