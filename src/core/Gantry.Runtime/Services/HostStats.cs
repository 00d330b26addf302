using Gantry.Linux;
using Gantry.Linux.Cgroups;

namespace Gantry.Runtime.Services;

/// <summary>The host's figures that a container's are set against.</summary>
internal static class HostStats
{
    private const ulong NanosecondsPerTick = 10_000_000;
    private const int CountedFields = 7;

    /// <summary>Milliseconds for which one reading serves: many containers are asked about in a row, and the kernel takes longer to add up the host's figures than theirs.</summary>
    private const long CpuTimeFresh = 10;
    private const long MemoryFresh = 1000;

    private static (long At, ulong Value) s_cpuTime = (long.MinValue / 2, 0);
    private static (long At, ulong Value) s_memory = (long.MinValue / 2, 0);
    private static readonly Lock s_lock = new();

    /// <summary>CPU time of all CPUs since boot in nanoseconds, as Docker counts it: the first seven fields of <c>/proc/stat</c> (USER_HZ is 100 on every Linux).</summary>
    public static ulong CpuTime() => Fresh(ref s_cpuTime, CpuTimeFresh, ReadCpuTime);

    /// <summary>The machine's memory in bytes.</summary>
    public static ulong TotalMemory() => Fresh(ref s_memory, MemoryFresh, ReadTotalMemory);

    private static ulong Fresh(ref (long At, ulong Value) kept, long milliseconds, Func<ulong> read)
    {
        lock (s_lock)
        {
            var now = Environment.TickCount64;
            if (now - kept.At >= milliseconds)
            {
                kept = (now, read());
            }

            return kept.Value;
        }
    }

    private static ulong ReadCpuTime()
    {
        Span<byte> buffer = stackalloc byte[256];
        var n = RawFiles.TryReadFile("/proc/stat", buffer);
        var line = System.Text.Encoding.ASCII.GetString(buffer[..Math.Max(n, 0)]).Split('\n')[0];
        ulong ticks = 0;
        foreach (var field in line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(CountedFields))
        {
            ticks += ulong.TryParse(field, out var value) ? value : 0;
        }

        return ticks * NanosecondsPerTick;
    }

    private static ulong ReadTotalMemory()
    {
        foreach (var line in CgroupFiles.ReadText("/proc/meminfo").AsSpan().EnumerateLines())
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal)
                && ulong.TryParse(line["MemTotal:".Length..].Trim().TrimEnd("kB").Trim(), out var kibibytes))
            {
                return kibibytes * 1024;
            }
        }

        return 0;
    }
}
