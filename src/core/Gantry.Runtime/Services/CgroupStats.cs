using Gantry.Linux.Cgroups;

namespace Gantry.Runtime.Services;

/// <summary>Reads a container's counters from whichever cgroup version the host has.</summary>
internal static class CgroupStats
{
    /// <summary>v1 reports no limit as a number just below 2^63.</summary>
    private const ulong V1Unlimited = 1UL << 62;

    public static ContainerStats Read(CgroupLayout layout, string path) =>
        layout.IsV2 ? CgroupStatsV2.Read(layout.Unified + path) : ReadV1(layout, path);

    private static ContainerStats ReadV1(CgroupLayout layout, string path) => new()
    {
        ReadAt = DateTimeOffset.UtcNow,
        Cpu = CpuV1(layout.DirectoryOf("cpu", path), layout.DirectoryOf("cpuacct", path)),
        Memory = MemoryV1(layout.DirectoryOf("memory", path)),
        Pids = new PidsStats
        {
            Current = CgroupFiles.ReadNumber($"{layout.DirectoryOf("pids", path)}/pids.current") ?? 0,
            Limit = CgroupFiles.ReadNumber($"{layout.DirectoryOf("pids", path)}/pids.max") ?? 0,
        },
        BlockIo = BlockIoV1(layout.DirectoryOf("blkio", path)),
    };

    private static CpuStats CpuV1(string? cpu, string? accounting)
    {
        var throttling = CgroupFiles.ReadKeyed($"{cpu}/cpu.stat");
        var perCpu = CgroupFiles.ReadText($"{accounting}/cpuacct.usage_percpu").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => ulong.TryParse(text, out var value) ? value : 0).ToList();
        return new CpuStats
        {
            TotalUsage = CgroupFiles.ReadNumber($"{accounting}/cpuacct.usage") ?? 0,
            UserUsage = CgroupFiles.ReadNumber($"{accounting}/cpuacct.usage_user") ?? 0,
            KernelUsage = CgroupFiles.ReadNumber($"{accounting}/cpuacct.usage_sys") ?? 0,
            PerCpuUsage = perCpu,
            SystemUsage = HostStats.CpuTime(),
            OnlineCpus = Environment.ProcessorCount,
            ThrottlingPeriods = throttling.GetValueOrDefault("nr_periods"),
            ThrottledPeriods = throttling.GetValueOrDefault("nr_throttled"),
            ThrottledTime = throttling.GetValueOrDefault("throttled_time"),
        };
    }

    private static MemoryStats MemoryV1(string? directory)
    {
        var limit = CgroupFiles.ReadNumber($"{directory}/memory.limit_in_bytes");
        return new MemoryStats
        {
            Usage = CgroupFiles.ReadNumber($"{directory}/memory.usage_in_bytes") ?? 0,
            MaxUsage = CgroupFiles.ReadNumber($"{directory}/memory.max_usage_in_bytes") ?? 0,
            Limit = limit is null or >= V1Unlimited ? HostStats.TotalMemory() : Math.Min(limit.Value, HostStats.TotalMemory()),
            FailCount = CgroupFiles.ReadNumber($"{directory}/memory.failcnt") ?? 0,
            Stat = CgroupFiles.ReadKeyed($"{directory}/memory.stat"),
        };
    }

    private static BlockIoStats BlockIoV1(string? directory) => new()
    {
        ServiceBytes = BlockIoEntries($"{directory}/blkio.throttle.io_service_bytes_recursive", $"{directory}/blkio.throttle.io_service_bytes"),
        Serviced = BlockIoEntries($"{directory}/blkio.throttle.io_serviced_recursive", $"{directory}/blkio.throttle.io_serviced"),
    };

    /// <summary>Lines like <c>254:0 Read 4096</c>; the file's total has no device and is left out.</summary>
    private static List<BlockIoEntry> BlockIoEntries(params ReadOnlySpan<string> files)
    {
        var entries = new List<BlockIoEntry>();
        foreach (var file in files)
        {
            foreach (var line in CgroupFiles.ReadText(file).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Split(' ') is [var device, var operation, var text] && device.Split(':') is [var major, var minor]
                    && uint.TryParse(major, out var majorNumber) && uint.TryParse(minor, out var minorNumber) && ulong.TryParse(text, out var value))
                {
                    entries.Add(new BlockIoEntry(majorNumber, minorNumber, operation.ToLowerInvariant(), value));
                }
            }

            if (entries.Count > 0)
            {
                break;
            }
        }

        return entries;
    }
}
