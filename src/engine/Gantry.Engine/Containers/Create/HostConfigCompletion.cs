using Gantry.Api;
using Gantry.Engine.Settings;
using Gantry.Logs.Drivers;
using Gantry.Runtime.Spec;

namespace Gantry.Engine.Containers.Create;

/// <summary>Fills in what a client left out, from the daemon's settings and with the values Docker records, so that inspect shows them.</summary>
internal static class HostConfigCompletion
{
    /// <summary>A completed copy of a validated configuration.</summary>
    internal static HostConfig Complete(HostConfig given, EngineSettings settings, HostFacts facts)
    {
        var host = given with { };
        host.NetworkMode = string.IsNullOrEmpty(host.NetworkMode) || host.NetworkMode == "default" ? "bridge" : host.NetworkMode;
        host.IpcMode = string.IsNullOrEmpty(host.IpcMode) ? settings.DefaultIpcMode : host.IpcMode;
        host.CgroupnsMode = !string.IsNullOrEmpty(host.CgroupnsMode) ? host.CgroupnsMode
            : host.Privileged == true && facts.Cgroups.Version == 1 ? "host"
            : settings.DefaultCgroupnsMode;
        host.ShmSize = host.ShmSize is null or 0 ? settings.DefaultShmSize : host.ShmSize;
        host.Runtime = string.IsNullOrEmpty(host.Runtime) ? settings.DefaultRuntime : host.Runtime;
        host.Init ??= settings.Init ? true : null;
        host.Mounts = host.Mounts?.Select(WithoutZeroes).ToList();
        host.LogConfig = CompleteLog(host.LogConfig, settings);
        host.RestartPolicy = new RestartPolicy
        {
            Name = string.IsNullOrEmpty(host.RestartPolicy?.Name) ? "no" : host.RestartPolicy.Name,
            MaximumRetryCount = host.RestartPolicy?.MaximumRetryCount ?? 0,
        };
        host = HostConfigDefaults.Apply(host, facts);
        host.SecurityOpt = WithSharedLabels(host);
        host.MemorySwappiness = host.MemorySwappiness == -1 ? null : host.MemorySwappiness;
        return Zeroes(host);
    }

    /// <summary>A container that shares the host's processes or memory, or may do everything, has no label that keeps it from them.</summary>
    private static List<string>? WithSharedLabels(HostConfig host)
    {
        var shares = host.IpcMode == "host" || host.PidMode == "host" || host.Privileged == true;
        return !shares || host.SecurityOpt?.Any(o => o.StartsWith("label", StringComparison.Ordinal)) == true
            ? host.SecurityOpt
            : [.. host.SecurityOpt ?? [], "label=disable"];
    }

    /// <summary>In a mount it leaves them out instead, also where a client wrote them.</summary>
    private static Mount WithoutZeroes(Mount mount) => mount with
    {
        Source = string.IsNullOrEmpty(mount.Source) ? null : mount.Source,
        Target = string.IsNullOrEmpty(mount.Target) ? null : mount.Target,
        ReadOnly = mount.ReadOnly == true ? true : null,
        Consistency = string.IsNullOrEmpty(mount.Consistency) ? null : mount.Consistency,
    };

    /// <summary>Go writes zero values where nothing was given.</summary>
    private static HostConfig Zeroes(HostConfig host)
    {
        host.ContainerIDFile ??= string.Empty;
        host.AutoRemove ??= false;
        host.VolumeDriver ??= string.Empty;
        host.ConsoleSize ??= [0, 0];
        host.Privileged ??= false;
        host.PublishAllPorts ??= false;
        host.ReadonlyRootfs ??= false;
        host.Isolation ??= string.Empty;
        host.PidMode ??= string.Empty;
        host.Cgroup ??= string.Empty;
        host.UTSMode ??= string.Empty;
        host.UsernsMode ??= string.Empty;
        host.CpuShares ??= 0;
        host.Memory ??= 0;
        host.NanoCpus ??= 0;
        host.CgroupParent ??= string.Empty;
        host.BlkioWeight ??= 0;
        host.CpuPeriod ??= 0;
        host.CpuQuota ??= 0;
        host.CpuRealtimePeriod ??= 0;
        host.CpuRealtimeRuntime ??= 0;
        host.CpusetCpus ??= string.Empty;
        host.CpusetMems ??= string.Empty;
        host.MemoryReservation ??= 0;
        host.MemorySwap ??= 0;
        host.OomScoreAdj ??= 0;
        host.CpuCount ??= 0;
        host.CpuPercent ??= 0;
        host.IOMaximumIOps ??= 0;
        host.IOMaximumBandwidth ??= 0;
        return host;
    }

    private static LogConfig CompleteLog(LogConfig? log, EngineSettings settings)
    {
        var type = string.IsNullOrEmpty(log?.Type) ? settings.LogDriver : log.Type;
        var options = new Dictionary<string, string>(log?.Config ?? []);

        // What becomes of the engine's copy of a log is for every driver; the rest belongs to the one it was given for.
        foreach (var (key, value) in settings.LogOptions.Where(o => type == settings.LogDriver || LogDrivers.CacheOptions.Contains(o.Key)))
        {
            options.TryAdd(key, value);
        }

        return new LogConfig { Type = type, Config = options };
    }
}
