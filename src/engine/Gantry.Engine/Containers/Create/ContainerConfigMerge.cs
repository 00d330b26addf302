using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Engine.Containers.Create;

/// <summary>Completes what a client asked for with what the image says, by Docker's rules.</summary>
internal static class ContainerConfigMerge
{
    /// <summary>A completed copy.</summary>
    /// <exception cref="GantryException">InvalidArgument: nothing to run.</exception>
    internal static ContainerConfig Merge(ContainerConfig given, ImageRunConfig? image)
    {
        var config = given with { };
        if (image is not null)
        {
            config.User = string.IsNullOrEmpty(config.User) ? image.User : config.User;
            config.WorkingDir = string.IsNullOrEmpty(config.WorkingDir) ? image.WorkingDir : config.WorkingDir;
            config.StopSignal = string.IsNullOrEmpty(config.StopSignal) ? image.StopSignal : config.StopSignal;
            config.StopTimeout ??= image.StopTimeout;
            config.ExposedPorts = Union(config.ExposedPorts, image.ExposedPorts?.Keys);
            config.Volumes = Union(config.Volumes, image.Volumes?.Keys);
            config.Env = MergeEnvironment(config.Env, image.Env);
            config.Labels = MergeLabels(config.Labels, image.Labels);
            config.Shell ??= image.Shell?.ToList();
            MergeCommand(config, image);
            MergeHealth(config, image.Healthcheck);
        }

        if (config.Entrypoint is [""])
        {
            config.Entrypoint = null;
        }

        if (config.Entrypoint is not { Count: > 0 } && config.Cmd is not { Count: > 0 })
        {
            throw GantryException.InvalidArgument("no command specified");
        }

        return Complete(config);
    }

    /// <summary>First word and the rest of what will be run.</summary>
    internal static (string Path, IReadOnlyList<string> Args) Command(ContainerConfig config)
    {
        List<string> words = [.. config.Entrypoint ?? [], .. config.Cmd ?? []];
        return (words[0], words[1..]);
    }

    private static ContainerConfig Complete(ContainerConfig config)
    {
        config.Domainname ??= string.Empty;
        config.User ??= string.Empty;
        config.AttachStdin ??= false;
        config.AttachStdout ??= false;
        config.AttachStderr ??= false;
        config.Tty ??= false;
        config.OpenStdin ??= false;
        config.StdinOnce ??= false;
        config.Env ??= [];
        config.Image ??= string.Empty;
        config.WorkingDir = string.IsNullOrEmpty(config.WorkingDir) ? string.Empty : Mounts.CleanPath.Of(config.WorkingDir);
        config.Labels ??= [];
        config.ExposedPorts = config.ExposedPorts is { Count: 0 } ? null : config.ExposedPorts;
        config.Volumes = config.Volumes is { Count: 0 } ? null : config.Volumes;
        config.StopSignal = string.IsNullOrEmpty(config.StopSignal) ? null : config.StopSignal;
        config.MacAddress = string.IsNullOrEmpty(config.MacAddress) ? null : config.MacAddress;
        config.NetworkDisabled = config.NetworkDisabled == true ? true : null;
        return config;
    }

    /// <summary>An entrypoint of the client's own drops the image's command, which was made for the image's entrypoint.</summary>
    private static void MergeCommand(ContainerConfig config, ImageRunConfig image)
    {
        if (config.Entrypoint is { Count: > 0 })
        {
            return;
        }

        if (config.Cmd is not { Count: > 0 })
        {
            config.Cmd = image.Cmd?.ToList();
            config.ArgsEscaped = image.ArgsEscaped == true ? true : null;
        }

        config.Entrypoint ??= image.Entrypoint?.ToList();
    }

    private static void MergeHealth(ContainerConfig config, HealthConfig? image)
    {
        if (image is null)
        {
            return;
        }

        var health = config.Healthcheck is null ? new HealthcheckConfig() : config.Healthcheck with { };
        health.Test = health.Test is { Count: > 0 } ? health.Test : image.Test?.ToList();
        health.Interval = health.Interval is null or 0 ? image.Interval : health.Interval;
        health.Timeout = health.Timeout is null or 0 ? image.Timeout : health.Timeout;
        health.StartPeriod = health.StartPeriod is null or 0 ? image.StartPeriod : health.StartPeriod;
        health.StartInterval = health.StartInterval is null or 0 ? image.StartInterval : health.StartInterval;
        health.Retries = health.Retries is null or 0 ? image.Retries : health.Retries;
        config.Healthcheck = health;
    }

    private static Dictionary<string, EmptyObject>? Union(Dictionary<string, EmptyObject>? own, IEnumerable<string>? image)
    {
        if (image is null)
        {
            return own;
        }

        var all = new Dictionary<string, EmptyObject>(own ?? []);
        foreach (var key in image)
        {
            all.TryAdd(key, EmptyObject.Instance);
        }

        return all;
    }

    /// <summary>The client's variables in their order, then those of the image that it didn't set.</summary>
    private static List<string> MergeEnvironment(List<string>? own, IReadOnlyList<string>? image)
    {
        var merged = new List<string>(own ?? []);
        var names = merged.Select(NameOf).ToHashSet();
        merged.AddRange((image ?? []).Where(entry => !names.Contains(NameOf(entry))));
        return merged;
    }

    private static Dictionary<string, string> MergeLabels(Dictionary<string, string>? own, IReadOnlyDictionary<string, string>? image)
    {
        var merged = new Dictionary<string, string>(own ?? []);
        foreach (var (key, value) in image ?? new Dictionary<string, string>())
        {
            merged.TryAdd(key, value);
        }

        return merged;
    }

    private static string NameOf(string entry)
    {
        var equals = entry.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? entry : entry[..equals];
    }
}
