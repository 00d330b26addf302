using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Engine.Containers.HealthChecks;

/// <summary>A health check as it is run: Docker's defaults filled in.</summary>
internal sealed record HealthSettings
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_startInterval = TimeSpan.FromSeconds(5);
    private const int DefaultRetries = 3;
    private const long SmallestDuration = 1_000_000;

    /// <summary>From the end of one probe, or the start of the container, to the next probe.</summary>
    internal required TimeSpan Interval { get; init; }

    internal required TimeSpan Timeout { get; init; }

    /// <summary>The same text as Go's time.Duration prints.</summary>
    internal required string TimeoutText { get; init; }

    /// <summary>After the container's start, while failures don't count unless there was a success.</summary>
    internal required TimeSpan StartPeriod { get; init; }

    /// <summary>Takes the place of <see cref="Interval"/> until the first success within <see cref="StartPeriod"/>.</summary>
    internal required TimeSpan StartInterval { get; init; }

    internal required int Retries { get; init; }

    /// <summary>Program and arguments.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>Null when nothing is to be run: no check, <c>NONE</c>, or a kind that Docker doesn't know either.</summary>
    internal static HealthSettings? Of(ContainerConfig config)
    {
        if (config.Healthcheck is not { Test: { Count: > 1 } test } check)
        {
            return null;
        }

        List<string> shell = config.Shell is { Count: > 0 } own ? own : ["/bin/sh", "-c"];
        IReadOnlyList<string>? command = test[0] switch
        {
            "CMD" => test[1..],
            "CMD-SHELL" => [.. shell, .. test[1..]],
            _ => null,
        };
        if (command is null)
        {
            return null;
        }

        var interval = Duration(check.Interval, s_interval);
        var timeout = Duration(check.Timeout, s_timeout);
        return new HealthSettings
        {
            Interval = interval,
            Timeout = timeout,
            TimeoutText = Dockerfile.GoDuration.Format(check.Timeout is > 0 ? check.Timeout.Value : timeout.Ticks * 100),
            StartPeriod = Duration(check.StartPeriod, TimeSpan.Zero),

            // Nobody who probes every second wants to be looked at less often while starting.
            StartInterval = Duration(check.StartInterval, interval < s_startInterval ? interval : s_startInterval),
            Retries = check.Retries is > 0 ? (int)Math.Min(check.Retries.Value, int.MaxValue) : DefaultRetries,
            Command = command,
        };
    }

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void Validate(HealthcheckConfig? check)
    {
        if (check is null)
        {
            return;
        }

        CheckDuration(nameof(check.Interval), check.Interval);
        CheckDuration(nameof(check.Timeout), check.Timeout);
        CheckDuration(nameof(check.StartPeriod), check.StartPeriod);
        CheckDuration(nameof(check.StartInterval), check.StartInterval);
        if (check.Retries < 0)
        {
            throw GantryException.InvalidArgument("Retries in Healthcheck cannot be negative");
        }
    }

    private static void CheckDuration(string name, long? nanoseconds)
    {
        if (nanoseconds is not (null or 0) && nanoseconds < SmallestDuration)
        {
            throw GantryException.InvalidArgument($"{name} in Healthcheck cannot be less than 1ms");
        }
    }

    /// <summary>At most what a timer can wait: 49 days.</summary>
    private static TimeSpan Duration(long? nanoseconds, TimeSpan absent) => nanoseconds is null or <= 0 ? absent
        : TimeSpan.FromTicks(Math.Min(nanoseconds.Value / 100, TimeSpan.FromDays(49).Ticks));
}
