using System.Buffers.Text;
using System.Text;
using Gantry.Linux;
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
        // The total is the exact sum over the CPUs; user and kernel time are counted by ticks, so that they don't add up to it.
        var perCpu = RawFiles.ReadFile($"{accounting}/cpuacct.usage_percpu", ParseNumbers) ?? [];
        var (user, kernel) = UserAndKernel(CgroupFiles.ReadText($"{accounting}/cpuacct.usage_all"));
        return new CpuStats
        {
            TotalUsage = perCpu.Aggregate(0UL, (sum, usage) => sum + usage),
            UserUsage = user,
            KernelUsage = kernel,
            PerCpuUsage = perCpu,
            SystemUsage = HostStats.CpuTime(),
            OnlineCpus = Environment.ProcessorCount,
            ThrottlingPeriods = throttling.GetValueOrDefault("nr_periods"),
            ThrottledPeriods = throttling.GetValueOrDefault("nr_throttled"),
            ThrottledTime = throttling.GetValueOrDefault("throttled_time"),
        };
    }

    private static List<ulong> ParseNumbers(ReadOnlySpan<byte> text)
    {
        var numbers = new List<ulong>();
        while (Utf8Parser.TryParse(text = text.TrimStart((byte)' '), out ulong number, out var length))
        {
            numbers.Add(number);
            text = text[length..];
        }

        return numbers;
    }

    /// <summary>Sums a <c>cpu user system</c> table with its heading, in nanoseconds.</summary>
    internal static (ulong User, ulong Kernel) UserAndKernel(string table)
    {
        var (user, kernel) = (0UL, 0UL);
        Span<Range> fields = stackalloc Range[4];
        foreach (var line in table.AsSpan().EnumerateLines())
        {
            if (line.Split(fields, ' ') == 3 && ulong.TryParse(line[fields[1]], out var inUser) && ulong.TryParse(line[fields[2]], out var inKernel))
            {
                user += inUser;
                kernel += inKernel;
            }
        }

        return (user, kernel);
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
    /// <param name="files">The first that exists counts: older kernels lack the recursive ones.</param>
    private static List<BlockIoEntry> BlockIoEntries(params ReadOnlySpan<string> files)
    {
        foreach (var file in files)
        {
            if (RawFiles.ReadFile(file, ParseBlockIo) is { } entries)
            {
                return entries;
            }
        }

        return [];
    }

    private static List<BlockIoEntry> ParseBlockIo(ReadOnlySpan<byte> text)
    {
        var entries = new List<BlockIoEntry>();
        foreach (var line in Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is [var device, var operation, var number] && device.Split(':') is [var major, var minor]
                && uint.TryParse(major, out var majorNumber) && uint.TryParse(minor, out var minorNumber) && ulong.TryParse(number, out var value))
            {
                entries.Add(new BlockIoEntry(majorNumber, minorNumber, operation.ToLowerInvariant(), value));
            }
        }

        return entries;
    }
}
