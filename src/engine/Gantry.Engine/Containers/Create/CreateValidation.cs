using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Create;

/// <summary>Refuses what can't work before anything is made, in Docker's words.</summary>
internal static class CreateValidation
{
    private const long MinMemory = 6 * 1024 * 1024;

    /// <exception cref="GantryException">InvalidArgument; NotImplemented for what Docker has and this engine has not yet.</exception>
    internal static void Check(ContainerConfig config, HostConfig host, IReadOnlyCollection<string> runtimes)
    {
        CheckConfig(config);
        PortSpecs.Validate(config, host);
        RestartPolicies.Validate(host.RestartPolicy);
        if (host.AutoRemove == true && RestartPolicies.IsSet(host.RestartPolicy))
        {
            throw GantryException.InvalidArgument("can't create 'AutoRemove' container with restart policy");
        }

        CheckModes(host);
        CheckResources(host);
        CheckUnsupported(config, host);
        if (!string.IsNullOrEmpty(host.Runtime) && !runtimes.Contains(host.Runtime))
        {
            throw GantryException.InvalidArgument($"unknown or invalid runtime name: {host.Runtime}");
        }

        LogOptions.Validate(host.LogConfig);
    }

    /// <summary>Limits, as create and update check them.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static void CheckResources(HostConfig host)
    {
        CheckMemory(host);
        CheckCpu(host);
        Require(host.PidsLimit is null or >= -1, "Invalid value: pids limit must be -1 for unlimited or a positive number");
        Require(host.BlkioWeight is null or 0 or (>= 10 and <= 1000), "Range of blkio weight is from 10 to 1000");
        Require(host.OomScoreAdj is null or (>= -1000 and <= 1000), $"Invalid value {host.OomScoreAdj}, range for oom score adj is [-1000, 1000]");
        Require(host.ShmSize is null or >= 0, "SHM size can not be less than 0");
    }

    private static void CheckConfig(ContainerConfig config)
    {
        if (!string.IsNullOrEmpty(config.WorkingDir) && !config.WorkingDir.StartsWith('/'))
        {
            throw GantryException.InvalidArgument($"the working directory '{config.WorkingDir}' is invalid, it needs to be an absolute path");
        }

        if (config.Env?.FirstOrDefault(e => e.Length == 0 || e[0] == '=' || e.Contains('\0', StringComparison.Ordinal)) is { } bad)
        {
            throw GantryException.InvalidArgument($"invalid environment variable: {bad}");
        }

        if (!string.IsNullOrEmpty(config.StopSignal) && Signals.TryParse(config.StopSignal) is null)
        {
            throw GantryException.InvalidArgument($"invalid signal: {config.StopSignal}");
        }

        Require((config.Hostname?.Length ?? 0) <= 64, $"invalid hostname: {config.Hostname}");
    }

    private static void CheckModes(HostConfig host)
    {
        Require(IsMode(host.PidMode, "host") && host.PidMode != "container:", $"invalid PID mode: {host.PidMode}");
        Require(host.UTSMode is null or "" or "host", $"invalid UTS mode: {host.UTSMode}");
        Require(host.CgroupnsMode is null or "" or "private" or "host", $"invalid cgroup namespace mode: {host.CgroupnsMode}");
        Require(IsMode(host.IpcMode, "host", "none", "private", "shareable") && host.IpcMode != "container:", $"invalid IPC mode: {host.IpcMode}");
        Require(host.UsernsMode is null or "" or "host", $"invalid user namespace mode: {host.UsernsMode}");
        Require(host.Isolation is null or "" or "default", $"invalid isolation '{host.Isolation}' on linux");
        Require(host.NetworkMode != "container:", "Invalid network mode: invalid container format container:<name|id>");
    }

    private static void CheckMemory(HostConfig host)
    {
        var (memory, swap, reservation) = (host.Memory ?? 0, host.MemorySwap ?? 0, host.MemoryReservation ?? 0);
        Require(memory is 0 or >= MinMemory, "Minimum memory limit allowed is 6MB");
        Require(memory <= 0 || swap <= 0 || swap >= memory, "Minimum memoryswap limit should be larger than memory limit, see usage");
        Require(memory > 0 || swap <= 0, "You should always set the Memory limit when using Memoryswap limit, see usage");
        Require(reservation is 0 or >= MinMemory, "Minimum memory reservation allowed is 6MB");
        Require(memory <= 0 || reservation <= 0 || memory >= reservation,
            "Minimum memory limit can not be less than memory reservation limit, see usage");
        Require(host.MemorySwappiness is null or (>= -1 and <= 100),
            $"Invalid value: {host.MemorySwappiness}, valid memory swappiness range is 0-100");
    }

    private static void CheckCpu(HostConfig host)
    {
        var (nano, period, quota) = (host.NanoCpus ?? 0, host.CpuPeriod ?? 0, host.CpuQuota ?? 0);
        Require(nano <= 0 || period <= 0, "Conflicting options: Nano CPUs and CPU Period cannot both be set");
        Require(nano <= 0 || quota <= 0, "Conflicting options: Nano CPUs and CPU Quota cannot both be set");
        var cpus = Environment.ProcessorCount;
        Require(nano >= 0 && nano <= cpus * 1_000_000_000L,
            $"range of CPUs is from 0.01 to {cpus.ToString(CultureInfo.InvariantCulture)}.00, as there are only {cpus} CPUs available");
        Require(period is 0 or (>= 1000 and <= 1_000_000),
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
        Require(quota is <= 0 or >= 1000, "CPU cfs quota can not be less than 1ms (i.e. 1000)");
        Require((host.CpuShares ?? 0) >= 0, "shares can not be negative");
        CheckSet(host.CpusetCpus, "cpus", cpus);
        CheckSet(host.CpusetMems, "mems", 1024);
    }

    /// <summary>A list such as <c>0-2,4</c>.</summary>
    private static void CheckSet(string? text, string what, int available)
    {
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            var first = 0;
            var last = 0;
            var ok = ends.Length <= 2 && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out last) && first <= last;
            Require(ok, $"Invalid value {text} for cpuset {what}");
            Require(last < available, $"Requested {(what == "cpus" ? "CPUs" : "memory nodes")} are not available - requested {text}, available: 0-{available - 1}");
        }
    }

    private static void CheckUnsupported(ContainerConfig config, HostConfig host)
    {
        if (config.Healthcheck?.Test is { Count: > 0 } test && test[0] is not ("" or "NONE"))
        {
            throw GantryException.NotImplemented("health checks are not available in this version");
        }

        if (host.DeviceRequests is { Count: > 0 } requests)
        {
            var capabilities = string.Join(' ', (requests[0].Capabilities ?? []).Select(c => $"[{string.Join(' ', c)}]"));
            throw GantryException.Internal($"could not select device driver \"{requests[0].Driver}\" with capabilities: [{capabilities}]");
        }

        if (host.StorageOpt is { Count: > 0 })
        {
            throw GantryException.InvalidArgument("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
        }

        if (!string.IsNullOrEmpty(host.VolumeDriver) && host.VolumeDriver != "local")
        {
            throw GantryException.NotFound($"error looking up volume plugin {host.VolumeDriver}: plugin \"{host.VolumeDriver}\" not found");
        }
    }

    private static bool IsMode(string? mode, params ReadOnlySpan<string> known) =>
        string.IsNullOrEmpty(mode) || mode.StartsWith("container:", StringComparison.Ordinal) || known.Contains(mode);

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw GantryException.InvalidArgument(message);
        }
    }
}
