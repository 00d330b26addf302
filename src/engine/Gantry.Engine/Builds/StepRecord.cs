using Gantry.Api;
using Gantry.Build;
using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.State;

namespace Gantry.Engine.Builds;

/// <summary>A build step in the terms of a container. The record is never stored: a step does not outlive the engine.</summary>
internal static class StepRecord
{
    internal static ContainerRecord From(StepSpec step, EngineCore core)
    {
        var (path, args) = (step.Arguments[0], step.Arguments.Skip(1).ToList());
        var config = new ContainerConfig
        {
            Hostname = step.Id[..12],
            User = step.User,
            Env = [.. step.Environment],
            Cmd = [.. step.Arguments],
            WorkingDir = step.WorkingDirectory,
            AttachStdout = true,
            AttachStderr = true,
        };
        var host = HostConfigCompletion.Complete(HostConfigOf(step), core.Settings, core.Host);
        return new ContainerRecord
        {
            Id = step.Id,
            Name = step.Id,
            Created = DateTimeOffset.UtcNow,
            ImageId = string.Empty,
            Path = path,
            Args = args,
            Config = config,
            HostConfig = host,
            Networks = NetworkSelection.Select(config, host, null, _ => null),
        };
    }

    internal static IReadOnlyList<PreparedMount> Mounts(StepSpec step) =>
        [.. step.Mounts.Where(m => m.Type == StepMountType.Bind).Select(m => new PreparedMount(
            new ContainerMount { Type = "bind", Destination = m.Target, Source = m.Source, ReadWrite = !m.ReadOnly, Propagation = "rprivate" }, m.Source))];

    private static HostConfig HostConfigOf(StepSpec step) => new()
    {
        NetworkMode = step.NetworkMode.Length == 0 ? step.Settings.NetworkMode : step.NetworkMode,
        ExtraHosts = step.Settings.ExtraHosts.Count == 0 ? null : [.. step.Settings.ExtraHosts],
        ShmSize = step.Settings.ShmSize,
        Memory = step.Settings.Memory,
        MemorySwap = step.Settings.MemorySwap,
        CpuShares = step.Settings.CpuShares,
        CpuPeriod = step.Settings.CpuPeriod,
        CpuQuota = step.Settings.CpuQuota,
        CpusetCpus = step.Settings.CpusetCpus,
        CpusetMems = step.Settings.CpusetMems,
        CgroupParent = step.Settings.CgroupParent,
        Privileged = step.Privileged,
        Ulimits = step.Settings.Ulimits.Count == 0 ? null : [.. step.Settings.Ulimits.Select(u => new Ulimit { Name = u.Name, Soft = u.Soft, Hard = u.Hard })],
        Tmpfs = step.Mounts.Any(m => m.Type == StepMountType.Tmpfs)
            ? step.Mounts.Where(m => m.Type == StepMountType.Tmpfs).ToDictionary(m => m.Target, m => m.Size > 0 ? $"size={m.Size}" : string.Empty)
            : null,
        LogConfig = new LogConfig { Type = "none", Config = [] },
    };
}
