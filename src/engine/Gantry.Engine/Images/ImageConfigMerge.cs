using Gantry.Oci;

namespace Gantry.Engine.Images;

/// <summary>Completes the configuration that a committed image was given with what its container had, field by field as Docker does it.</summary>
internal static class ImageConfigMerge
{
    /// <summary>What <paramref name="given"/> leaves open is taken of <paramref name="own"/>; triggers, the stop signal and the shell are not.</summary>
    internal static ImageRunConfig Complete(ImageRunConfig given, ImageRunConfig own)
    {
        var merged = given with
        {
            User = string.IsNullOrEmpty(given.User) ? own.User : given.User,
            WorkingDir = string.IsNullOrEmpty(given.WorkingDir) ? own.WorkingDir : given.WorkingDir,
            ExposedPorts = Union(given.ExposedPorts, own.ExposedPorts),
            Volumes = Union(given.Volumes, own.Volumes),
            Labels = Union(given.Labels, own.Labels),
            Env = Environment(given.Env, own.Env),
            Healthcheck = Health(given.Healthcheck, own.Healthcheck),
        };
        return given.Entrypoint is { Count: > 0 } ? merged : merged with
        {
            Cmd = given.Cmd is { Count: > 0 } ? given.Cmd : own.Cmd,
            Entrypoint = given.Entrypoint ?? own.Entrypoint,
        };
    }

    private static IReadOnlyDictionary<string, T>? Union<T>(IReadOnlyDictionary<string, T>? given, IReadOnlyDictionary<string, T>? own)
    {
        if (given is not { Count: > 0 } || own is not { Count: > 0 })
        {
            return given is { Count: > 0 } ? given : own;
        }

        var union = new Dictionary<string, T>(own);
        foreach (var (key, value) in given)
        {
            union[key] = value;
        }

        return union;
    }

    private static IReadOnlyList<string>? Environment(IReadOnlyList<string>? given, IReadOnlyList<string>? own)
    {
        if (given is not { Count: > 0 })
        {
            return own;
        }

        var names = given.Select(Name).ToHashSet();
        return [.. given, .. (own ?? []).Where(entry => !names.Contains(Name(entry)))];
    }

    private static string Name(string entry) => entry.Split('=', 2)[0];

    private static HealthConfig? Health(HealthConfig? given, HealthConfig? own) => given is null || own is null ? given ?? own : new HealthConfig
    {
        Test = given.Test is { Count: > 0 } ? given.Test : own.Test,
        Interval = given.Interval is { } interval and not 0 ? interval : own.Interval,
        Timeout = given.Timeout is { } timeout and not 0 ? timeout : own.Timeout,
        StartPeriod = given.StartPeriod is { } period and not 0 ? period : own.StartPeriod,
        StartInterval = given.StartInterval is { } startInterval and not 0 ? startInterval : own.StartInterval,
        Retries = given.Retries is { } retries and not 0 ? retries : own.Retries,
    };
}
