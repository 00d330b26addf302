namespace Gantry.Runtime.Spec.Tests;

/// <summary>The host on which the values in Recorded/ were taken: cgroup v1 with all controllers but blkio.weight, two CPUs.</summary>
internal static class TestHost
{
    internal static CgroupFacts Legacy { get; } = new()
    {
        Version = 1, MemoryLimit = true, SwapLimit = true, MemoryReservation = true, MemorySwappiness = true, OomKillDisable = true,
        CpuShares = true, CpuCfs = true, CpuRealtime = true, Cpuset = true, AvailableCpus = "0-1", AvailableMems = "0", PidsLimit = true,
        BlkioReadBps = true, BlkioWriteBps = true, BlkioReadIops = true, BlkioWriteIops = true, Devices = true,
    };

    internal static HostFacts Facts { get; } = new()
    {
        Cgroups = Legacy,
        KernelVersion = new Version(6, 18),
        Architecture = "amd64",
        CpuCount = 2,
        Capabilities = [.. HostCapabilities.All.Where(name => name != "CAP_SYS_RESOURCE")],
    };

    /// <summary>The same machine with cgroup v2, where swappiness, the OOM switch and real-time limits don't exist.</summary>
    internal static HostFacts Unified { get; } = Facts with
    {
        Cgroups = Legacy with { Version = 2, MemorySwappiness = false, OomKillDisable = false, CpuRealtime = false, BlkioWeight = true },
    };
}
