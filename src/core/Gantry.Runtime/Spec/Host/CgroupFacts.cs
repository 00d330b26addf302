namespace Gantry.Runtime.Spec;

/// <summary>
/// Which limits the host's control groups can hold. On a hybrid host (v1 controllers beside a v2 hierarchy) the controllers
/// are on v1 and so is this.
/// </summary>
public sealed record CgroupFacts
{
    /// <summary>1 or 2.</summary>
    public required int Version { get; init; }

    public bool MemoryLimit { get; init; }

    public bool SwapLimit { get; init; }

    public bool MemoryReservation { get; init; }

    public bool MemorySwappiness { get; init; }

    public bool OomKillDisable { get; init; }

    public bool KernelMemory { get; init; }

    public bool CpuShares { get; init; }

    public bool CpuCfs { get; init; }

    public bool CpuRealtime { get; init; }

    public bool Cpuset { get; init; }

    /// <summary>CPUs in the kernel's list format (<c>0-3,7</c>); empty where unknown.</summary>
    public string AvailableCpus { get; init; } = string.Empty;

    /// <summary>Memory nodes in the kernel's list format; empty where unknown.</summary>
    public string AvailableMems { get; init; } = string.Empty;

    public bool PidsLimit { get; init; }

    public bool BlkioWeight { get; init; }

    public bool BlkioWeightDevice { get; init; }

    public bool BlkioReadBps { get; init; }

    public bool BlkioWriteBps { get; init; }

    public bool BlkioReadIops { get; init; }

    public bool BlkioWriteIops { get; init; }

    /// <summary>The device controller (v1) or the kernel's device filter (v2).</summary>
    public bool Devices { get; init; }

    /// <summary>Looks at the controllers mounted below <paramref name="root"/>.</summary>
    public static CgroupFacts Probe(string root) =>
        File.Exists(Path.Combine(root, "cgroup.controllers")) ? CgroupProbe.Unified(root) : CgroupProbe.Legacy(root);
}
