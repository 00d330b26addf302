namespace Gantry.Runtime.Spec;

/// <summary>Reads a host's cgroup mounts; the files looked for are those the limits would be written to.</summary>
internal static class CgroupProbe
{
    internal static CgroupFacts Unified(string root)
    {
        var controllers = File.ReadAllText(Path.Combine(root, "cgroup.controllers")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        bool Has(string name) => controllers.Contains(name);
        return new CgroupFacts
        {
            Version = 2,
            MemoryLimit = Has("memory"),
            SwapLimit = Has("memory") && HasSwapController(root),
            MemoryReservation = Has("memory"),
            CpuShares = Has("cpu"),
            CpuCfs = Has("cpu"),
            Cpuset = Has("cpuset"),
            AvailableCpus = Read(root, "cpuset.cpus.effective"),
            AvailableMems = Read(root, "cpuset.mems.effective"),
            PidsLimit = Has("pids"),
            BlkioWeight = Has("io"),
            BlkioWeightDevice = Has("io"),
            BlkioReadBps = Has("io"),
            BlkioWriteBps = Has("io"),
            BlkioReadIops = Has("io"),
            BlkioWriteIops = Has("io"),
            Devices = true,
        };
    }

    internal static CgroupFacts Legacy(string root)
    {
        bool Has(string file) => File.Exists(Path.Combine(root, file));
        return new CgroupFacts
        {
            Version = 1,
            MemoryLimit = Has("memory/memory.limit_in_bytes"),
            SwapLimit = Has("memory/memory.memsw.limit_in_bytes"),
            MemoryReservation = Has("memory/memory.soft_limit_in_bytes"),
            MemorySwappiness = Has("memory/memory.swappiness"),
            OomKillDisable = Has("memory/memory.oom_control"),
            KernelMemory = Has("memory/memory.kmem.limit_in_bytes"),
            CpuShares = Has("cpu/cpu.shares"),
            CpuCfs = Has("cpu/cpu.cfs_quota_us"),
            CpuRealtime = Has("cpu/cpu.rt_period_us"),
            Cpuset = Has("cpuset/cpuset.cpus"),
            AvailableCpus = Read(root, "cpuset/cpuset.cpus"),
            AvailableMems = Read(root, "cpuset/cpuset.mems"),
            PidsLimit = Directory.Exists(Path.Combine(root, "pids")),
            BlkioWeight = Has("blkio/blkio.weight"),
            BlkioWeightDevice = Has("blkio/blkio.weight_device"),
            BlkioReadBps = Has("blkio/blkio.throttle.read_bps_device"),
            BlkioWriteBps = Has("blkio/blkio.throttle.write_bps_device"),
            BlkioReadIops = Has("blkio/blkio.throttle.read_iops_device"),
            BlkioWriteIops = Has("blkio/blkio.throttle.write_iops_device"),
            Devices = Directory.Exists(Path.Combine(root, "devices")),
        };
    }

    /// <summary>
    /// The root cgroup has no memory files of its own. A cgroup below it with a memory limit tells; where there is none yet, swap is
    /// accounted whenever the kernel has swap at all.
    /// </summary>
    private static bool HasSwapController(string root)
    {
        var limited = Directory.EnumerateDirectories(root).Where(directory => File.Exists(Path.Combine(directory, "memory.max"))).ToList();
        return limited.Count > 0
            ? limited.Any(directory => File.Exists(Path.Combine(directory, "memory.swap.max")))
            : File.Exists("/proc/swaps");
    }

    private static string Read(string root, string file)
    {
        var path = Path.Combine(root, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : string.Empty;
    }
}
