namespace Gantry.Build;

/// <summary>How all RUN steps of a build are run. They do not count for the cache, as in Docker.</summary>
public sealed record StepSettings
{
    /// <summary><c>default</c>, <c>none</c>, <c>host</c>, a network's name, <c>container:ID</c>; empty is default.</summary>
    public string NetworkMode { get; init; } = string.Empty;

    /// <summary><c>name:address</c>.</summary>
    public IReadOnlyList<string> ExtraHosts { get; init; } = [];

    /// <summary>Bytes of <c>/dev/shm</c>; 0 for the default.</summary>
    public long ShmSize { get; init; }

    /// <summary>Bytes; 0 for no limit.</summary>
    public long Memory { get; init; }

    /// <summary>Bytes of memory and swap; -1 for no limit, 0 for the default.</summary>
    public long MemorySwap { get; init; }

    public long CpuShares { get; init; }

    /// <summary>Microseconds.</summary>
    public long CpuPeriod { get; init; }

    /// <summary>Microseconds.</summary>
    public long CpuQuota { get; init; }

    public string CpusetCpus { get; init; } = string.Empty;

    public string CpusetMems { get; init; } = string.Empty;

    public string CgroupParent { get; init; } = string.Empty;

    public IReadOnlyList<StepUlimit> Ulimits { get; init; } = [];
}

public sealed record StepUlimit(string Name, long Soft, long Hard);
