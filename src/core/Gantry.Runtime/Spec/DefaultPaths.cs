using System.Globalization;

namespace Gantry.Runtime.Spec;

/// <summary>Paths of /proc and /sys that a container must not read or change, as Docker has them.</summary>
public static class DefaultPaths
{
    /// <summary>Hidden behind an empty file or directory.</summary>
    public static IReadOnlyList<string> Masked { get; } =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
        .. ThermalThrottle(),
    ];

    public static IReadOnlyList<string> Readonly { get; } =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>Counters per CPU that tell one container what another computes; virtual machines have none.</summary>
    private static IEnumerable<string> ThermalThrottle()
    {
        const string Cpus = "/sys/devices/system/cpu";
        return !Directory.Exists(Cpus)
            ? []
            : Directory.EnumerateDirectories(Cpus, "cpu*")
                .Where(directory => int.TryParse(Path.GetFileName(directory.AsSpan())[3..], NumberStyles.None, null, out _))
                .Select(directory => directory + "/thermal_throttle")
                .Where(Directory.Exists)
                .Order(StringComparer.Ordinal);
    }
}
