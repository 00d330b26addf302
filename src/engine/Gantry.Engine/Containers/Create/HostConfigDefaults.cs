using Gantry.Api;

namespace Gantry.Engine.Containers.Create;

/// <summary>Fills in what a client left out, with the values Docker records, so that inspect shows them.</summary>
internal static class HostConfigDefaults
{
    private const long ShmSize = 64 * 1024 * 1024;

    private static readonly List<string> s_maskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly List<string> s_readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>A completed copy.</summary>
    internal static HostConfig Complete(HostConfig given, HostDefaults defaults)
    {
        var host = given with { };
        CompleteResources(host, defaults);
        CompleteNamespaces(host, defaults);
        CompletePaths(host);
        host.ContainerIDFile ??= string.Empty;
        host.LogConfig = CompleteLog(host.LogConfig, defaults);
        host.RestartPolicy = new RestartPolicy
        {
            Name = string.IsNullOrEmpty(host.RestartPolicy?.Name) ? "no" : host.RestartPolicy.Name,
            MaximumRetryCount = host.RestartPolicy?.MaximumRetryCount ?? 0,
        };
        host.AutoRemove ??= false;
        host.VolumeDriver ??= string.Empty;
        host.ConsoleSize ??= [0, 0];
        host.Privileged ??= false;
        host.PublishAllPorts ??= false;
        host.ReadonlyRootfs ??= false;
        host.ShmSize = host.ShmSize is null or 0 ? ShmSize : host.ShmSize;
        host.Runtime = string.IsNullOrEmpty(host.Runtime) ? defaults.Runtime : host.Runtime;
        host.Isolation ??= string.Empty;
        host.Init ??= defaults.Init;
        return host;
    }

    private static void CompleteResources(HostConfig host, HostDefaults defaults)
    {
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
        host.MemorySwap = host.MemorySwap is null or 0 && host.Memory > 0 ? host.Memory * 2 : host.MemorySwap ?? 0;
        host.MemorySwappiness = host.MemorySwappiness == -1 ? null : host.MemorySwappiness;
        host.OomKillDisable = defaults.CgroupV2 ? null : host.OomKillDisable ?? false;
        host.PidsLimit = host.PidsLimit is null or 0 ? null : host.PidsLimit < 0 ? null : host.PidsLimit;
        host.OomScoreAdj ??= 0;
        host.CpuCount ??= 0;
        host.CpuPercent ??= 0;
        host.IOMaximumIOps ??= 0;
        host.IOMaximumBandwidth ??= 0;
    }

    private static void CompleteNamespaces(HostConfig host, HostDefaults defaults)
    {
        host.NetworkMode = string.IsNullOrEmpty(host.NetworkMode) || host.NetworkMode == "default" ? "bridge" : host.NetworkMode;
        host.IpcMode = string.IsNullOrEmpty(host.IpcMode) ? defaults.IpcMode : host.IpcMode;
        host.CgroupnsMode = !string.IsNullOrEmpty(host.CgroupnsMode) ? host.CgroupnsMode
            : defaults.CgroupnsMode.Length > 0 ? defaults.CgroupnsMode
            : defaults.CgroupV2 && host.Privileged != true ? "private"
            : "host";
        host.PidMode ??= string.Empty;
        host.Cgroup ??= string.Empty;
        host.UTSMode ??= string.Empty;
        host.UsernsMode ??= string.Empty;
    }

    /// <summary>Privileged containers see /proc and /sys as they are; otherwise <c>null</c> asks for the defaults and an empty list for none.</summary>
    private static void CompletePaths(HostConfig host)
    {
        if (host.Privileged == true)
        {
            host.MaskedPaths = null;
            host.ReadonlyPaths = null;
            return;
        }

        var unconfined = host.SecurityOpt?.Contains("systempaths=unconfined") == true;
        host.MaskedPaths ??= unconfined ? [] : s_maskedPaths;
        host.ReadonlyPaths ??= unconfined ? [] : s_readonlyPaths;
    }

    private static LogConfig CompleteLog(LogConfig? log, HostDefaults defaults)
    {
        var type = string.IsNullOrEmpty(log?.Type) ? defaults.LogDriver : log.Type;
        var options = new Dictionary<string, string>(log?.Config ?? []);
        if (type == defaults.LogDriver)
        {
            foreach (var (key, value) in defaults.LogOptions)
            {
                options.TryAdd(key, value);
            }
        }

        return new LogConfig { Type = type, Config = options };
    }
}

/// <summary>What the daemon's settings and the host decide about new containers.</summary>
internal sealed record HostDefaults
{
    internal required string Runtime { get; init; }

    internal required bool CgroupV2 { get; init; }

    internal string LogDriver { get; init; } = "json-file";

    internal IReadOnlyDictionary<string, string> LogOptions { get; init; } = new Dictionary<string, string>();

    internal string IpcMode { get; init; } = "private";

    /// <summary>Empty: by cgroup version.</summary>
    internal string CgroupnsMode { get; init; } = string.Empty;

    /// <summary>The daemon's <c>--init</c>; null leaves it out of inspect.</summary>
    internal bool? Init { get; init; }
}
