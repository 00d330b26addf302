using System.Runtime.InteropServices;

namespace Gantry.Runtime.Spec;

/// <summary>What this host's kernel offers to containers; probed once, when the engine starts.</summary>
public sealed record HostFacts
{
    public required CgroupFacts Cgroups { get; init; }

    /// <summary>Major and minor number of the running kernel.</summary>
    public required Version KernelVersion { get; init; }

    /// <summary>The architecture in Go's spelling (amd64, arm64…), as seccomp profiles and images have it.</summary>
    public required string Architecture { get; init; }

    /// <summary>CPUs that containers may use.</summary>
    public required int CpuCount { get; init; }

    /// <summary>Capabilities that this process can pass on, in the kernel's order.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    public bool SeccompSupported { get; init; } = true;

    public bool AppArmorEnabled { get; init; }

    public bool CgroupNamespaces { get; init; } = true;

    /// <summary>Read-only mounts can be made recursive: mount_setattr(2), kernels from 5.12.</summary>
    public bool RecursiveReadOnly => KernelVersion >= new Version(5, 12);

    /// <summary>False where IPv4 forwarding is switched off, which a bridged container needs. Read anew each time: the engine's first network switches it on.</summary>
    public bool? IPv4Forwarding
    {
        get => field ?? ReadFlag("/proc/sys/net/ipv4/ip_forward", "1");
        init;
    }

    /// <summary>Reads /proc and /sys; throws <see cref="IOException"/> where they are not mounted.</summary>
    /// <param name="cgroupRoot">Where the host's cgroup hierarchies are mounted.</param>
    public static HostFacts Probe(string cgroupRoot = "/sys/fs/cgroup") => new()
    {
        Cgroups = CgroupFacts.Probe(cgroupRoot),
        KernelVersion = ParseKernelVersion(File.ReadAllText("/proc/sys/kernel/osrelease")),
        Architecture = GoArchitecture(RuntimeInformation.OSArchitecture),
        CpuCount = Environment.ProcessorCount,
        Capabilities = HostCapabilities.FromStatus(File.ReadLines("/proc/self/status")),
        SeccompSupported = File.ReadLines("/proc/self/status").Any(line => line.StartsWith("Seccomp:", StringComparison.Ordinal)),
        AppArmorEnabled = ReadFlag("/sys/module/apparmor/parameters/enabled", "Y"),
        CgroupNamespaces = File.Exists("/proc/self/ns/cgroup"),
    };

    /// <summary><c>6.1.0-13-amd64</c> → 6.1.</summary>
    public static Version ParseKernelVersion(string release)
    {
        var parts = release.Trim().Split('.', '-');
        return parts.Length > 1 && int.TryParse(parts[0], out var major) && int.TryParse(parts[1], out var minor)
            ? new Version(major, minor)
            : throw new FormatException($"kernel release '{release.Trim()}' has no major and minor number");
    }

    private static bool ReadFlag(string path, string yes) => File.Exists(path) && File.ReadAllText(path).Trim() == yes;

    private static string GoArchitecture(Architecture architecture) => architecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        System.Runtime.InteropServices.Architecture.RiscV64 => "riscv64",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        System.Runtime.InteropServices.Architecture.Ppc64le => "ppc64le",
        var other => other.ToString().ToLowerInvariant(),
    };
}
