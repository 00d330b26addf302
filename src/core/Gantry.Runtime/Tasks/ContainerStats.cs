namespace Gantry.Runtime;

/// <summary>A container's cgroup counters at one moment, from cgroup v1 or v2. Times in nanoseconds, memory in bytes.</summary>
public sealed record ContainerStats
{
    public required DateTimeOffset ReadAt { get; init; }

    public bool IsCgroupV2 { get; init; }

    public CpuStats Cpu { get; init; } = new();

    public MemoryStats Memory { get; init; } = new();

    public PidsStats Pids { get; init; } = new();

    public BlockIoStats BlockIo { get; init; } = new();
}

public sealed record CpuStats
{
    public ulong TotalUsage { get; init; }

    public ulong UserUsage { get; init; }

    public ulong KernelUsage { get; init; }

    /// <summary>Per-CPU usage; v1 only, else empty.</summary>
    public IReadOnlyList<ulong> PerCpuUsage { get; init; } = [];

    /// <summary>Total CPU time of the host (from <c>/proc/stat</c>), for percentages.</summary>
    public ulong SystemUsage { get; init; }

    public int OnlineCpus { get; init; }

    public ulong ThrottlingPeriods { get; init; }

    public ulong ThrottledPeriods { get; init; }

    public ulong ThrottledTime { get; init; }
}

public sealed record MemoryStats
{
    public ulong Usage { get; init; }

    /// <summary>Highest usage; v1 only, else 0.</summary>
    public ulong MaxUsage { get; init; }

    /// <summary>The limit; the host's memory when there is none.</summary>
    public ulong Limit { get; init; }

    /// <summary>v1: <c>memory.failcnt</c>; v2: the <c>max</c> event count.</summary>
    public ulong FailCount { get; init; }

    /// <summary>Every line of <c>memory.stat</c>.</summary>
    public IReadOnlyDictionary<string, ulong> Stat { get; init; } = new Dictionary<string, ulong>();
}

public sealed record PidsStats
{
    public ulong Current { get; init; }

    /// <summary>0 when unlimited.</summary>
    public ulong Limit { get; init; }
}

public sealed record BlockIoStats
{
    /// <summary>Bytes by device and operation (<c>read</c>, <c>write</c>, ... in lower case as Docker reports them).</summary>
    public IReadOnlyList<BlockIoEntry> ServiceBytes { get; init; } = [];

    /// <summary>Requests by device and operation.</summary>
    public IReadOnlyList<BlockIoEntry> Serviced { get; init; } = [];
}

public sealed record BlockIoEntry(uint Major, uint Minor, string Operation, ulong Value);
