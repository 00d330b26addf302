using System.Globalization;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Daemon;

/// <summary>The host as <c>info</c> describes it.</summary>
internal sealed record HostDescription(string KernelRelease, string OperatingSystem, string OperatingSystemVersion, string Machine, long MemoryTotal)
{
    internal static HostDescription Read()
    {
        var release = OsRelease();
        return new HostDescription(
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            release.GetValueOrDefault("PRETTY_NAME", "Linux"),
            release.GetValueOrDefault("VERSION_ID", string.Empty),
            RuntimeInformation.OSArchitecture switch
            {
                Architecture.X64 => "x86_64",
                Architecture.Arm64 => "aarch64",
                var other => other.ToString().ToLowerInvariant(),
            },
            MemTotal());
    }

    /// <summary>Type of the file system a path is on, as /proc/self/mounts names it.</summary>
    internal string FileSystemOf(string path)
    {
        var (type, length) = ("unknown", 0);
        foreach (var fields in File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')))
        {
            var point = fields[1];
            if (point.Length >= length && (path == point || point == "/" || path.StartsWith(point + "/", StringComparison.Ordinal)))
            {
                (type, length) = (fields[2], point.Length);
            }
        }

        return type is "ext2" or "ext3" or "ext4" ? "extfs" : type;
    }

    private static Dictionary<string, string> OsRelease()
    {
        var path = File.Exists("/etc/os-release") ? "/etc/os-release" : "/usr/lib/os-release";
        return File.Exists(path)
            ? File.ReadLines(path).Select(l => l.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1].Trim('"', '\''))
            : [];
    }

    private static long MemTotal()
    {
        var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
