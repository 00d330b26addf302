using Gantry.Linux.Cgroups;

namespace Gantry.Runtime.Services;

/// <summary>cgroup v2's counters (kernel documentation, cgroup-v2.rst).</summary>
internal static class CgroupStatsV2
{
    private const ulong NanosecondsPerMicrosecond = 1000;

    public static ContainerStats Read(string directory)
    {
        var limit = CgroupFiles.ReadNumber($"{directory}/memory.max");
        return new ContainerStats
        {
            ReadAt = DateTimeOffset.UtcNow,
            IsCgroupV2 = true,
            Cpu = Cpu(CgroupFiles.ReadKeyed($"{directory}/cpu.stat")),
            Memory = new MemoryStats
            {
                Usage = CgroupFiles.ReadNumber($"{directory}/memory.current") ?? 0,
                Limit = Math.Min(limit ?? ulong.MaxValue, HostStats.TotalMemory()),
                FailCount = CgroupFiles.ReadKeyed($"{directory}/memory.events").GetValueOrDefault("max"),
                Stat = CgroupFiles.ReadKeyed($"{directory}/memory.stat"),
            },
            Pids = new PidsStats
            {
                Current = CgroupFiles.ReadNumber($"{directory}/pids.current") ?? 0,
                Limit = CgroupFiles.ReadNumber($"{directory}/pids.max") ?? 0,
            },
            BlockIo = BlockIo(CgroupFiles.ReadText($"{directory}/io.stat")),
        };
    }

    /// <summary>Parses <c>io.stat</c>: <c>8:0 rbytes=1 wbytes=2 rios=3 wios=4 ...</c>.</summary>
    internal static BlockIoStats BlockIo(string text)
    {
        var bytes = new List<BlockIoEntry>();
        var operations = new List<BlockIoEntry>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(' ');
            if (fields[0].Split(':') is not [var major, var minor]
                || !uint.TryParse(major, out var majorNumber) || !uint.TryParse(minor, out var minorNumber))
            {
                continue;
            }

            foreach (var field in fields.AsSpan(1))
            {
                if (field.Split('=') is [var name, var number] && ulong.TryParse(number, out var value)
                    && Target(name, bytes, operations) is var (list, operation) && list is not null)
                {
                    list.Add(new BlockIoEntry(majorNumber, minorNumber, operation, value));
                }
            }
        }

        return new BlockIoStats { ServiceBytes = bytes, Serviced = operations };
    }

    private static (List<BlockIoEntry>? List, string Operation) Target(string name, List<BlockIoEntry> bytes, List<BlockIoEntry> operations) => name switch
    {
        "rbytes" => (bytes, "read"),
        "wbytes" => (bytes, "write"),
        "rios" => (operations, "read"),
        "wios" => (operations, "write"),
        _ => (null, ""),
    };

    private static CpuStats Cpu(Dictionary<string, ulong> stat) => new()
    {
        TotalUsage = stat.GetValueOrDefault("usage_usec") * NanosecondsPerMicrosecond,
        UserUsage = stat.GetValueOrDefault("user_usec") * NanosecondsPerMicrosecond,
        KernelUsage = stat.GetValueOrDefault("system_usec") * NanosecondsPerMicrosecond,
        SystemUsage = HostStats.CpuTime(),
        OnlineCpus = Environment.ProcessorCount,
        ThrottlingPeriods = stat.GetValueOrDefault("nr_periods"),
        ThrottledPeriods = stat.GetValueOrDefault("nr_throttled"),
        ThrottledTime = stat.GetValueOrDefault("throttled_usec") * NanosecondsPerMicrosecond,
    };
}
