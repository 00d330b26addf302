using System.Text.Json.Serialization;

namespace Gantry.Oci;

/// <summary>cgroup limits (runtime-spec config-linux.md, "Control groups").</summary>
public sealed record LinuxResources
{
    public IReadOnlyList<LinuxDeviceCgroup>? Devices { get; init; }

    public LinuxMemory? Memory { get; init; }

    public LinuxCpu? Cpu { get; init; }

    public LinuxPids? Pids { get; init; }

    [JsonPropertyName("blockIO")]
    public LinuxBlockIO? BlockIO { get; init; }

    /// <summary>cgroup v2 files and what is written to them.</summary>
    public IReadOnlyDictionary<string, string>? Unified { get; init; }
}

/// <summary>One rule of the device controller; later rules win.</summary>
public sealed record LinuxDeviceCgroup
{
    public bool Allow { get; init; }

    /// <summary><c>c</c>, <c>b</c> or <c>a</c>; null is all.</summary>
    public string? Type { get; init; }

    /// <summary>Null is any.</summary>
    public long? Major { get; init; }

    /// <summary>Null is any.</summary>
    public long? Minor { get; init; }

    /// <summary>Of r, w and m.</summary>
    public string? Access { get; init; }
}

/// <summary>Memory limits in bytes.</summary>
public sealed record LinuxMemory
{
    public long? Limit { get; init; }

    public long? Reservation { get; init; }

    /// <summary>Memory and swap together, also on cgroup v2.</summary>
    public long? Swap { get; init; }

    public ulong? Swappiness { get; init; }

    [JsonPropertyName("disableOOMKiller")]
    public bool? DisableOomKiller { get; init; }
}

/// <summary>CPU limits; times in microseconds.</summary>
public sealed record LinuxCpu
{
    public ulong? Shares { get; init; }

    public long? Quota { get; init; }

    public ulong? Period { get; init; }

    public long? RealtimeRuntime { get; init; }

    public ulong? RealtimePeriod { get; init; }

    public string? Cpus { get; init; }

    public string? Mems { get; init; }
}

/// <summary>Most tasks in the container; -1 is unlimited.</summary>
public sealed record LinuxPids(long Limit);

/// <summary>Block device limits.</summary>
public sealed record LinuxBlockIO
{
    public ushort? Weight { get; init; }

    public IReadOnlyList<LinuxWeightDevice>? WeightDevice { get; init; }

    public IReadOnlyList<LinuxThrottleDevice>? ThrottleReadBpsDevice { get; init; }

    public IReadOnlyList<LinuxThrottleDevice>? ThrottleWriteBpsDevice { get; init; }

    [JsonPropertyName("throttleReadIOPSDevice")]
    public IReadOnlyList<LinuxThrottleDevice>? ThrottleReadIOPSDevice { get; init; }

    [JsonPropertyName("throttleWriteIOPSDevice")]
    public IReadOnlyList<LinuxThrottleDevice>? ThrottleWriteIOPSDevice { get; init; }
}

/// <summary>A device's share of block I/O.</summary>
public sealed record LinuxWeightDevice(long Major, long Minor, ushort Weight);

/// <summary>A device's limit in bytes or operations a second.</summary>
public sealed record LinuxThrottleDevice(long Major, long Minor, ulong Rate);
