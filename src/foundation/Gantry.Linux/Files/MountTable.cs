namespace Gantry.Linux;

/// <summary>Questions about the calling process's mount table.</summary>
public static class MountTable
{
    /// <summary>True when something is mounted exactly at <paramref name="path"/> (an absolute path without links), by /proc/self/mountinfo (proc(5)).</summary>
    public static bool IsMountPoint(string path)
    {
        var escaped = path.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal)
            .Replace("\t", "\\011", StringComparison.Ordinal).Replace("\n", "\\012", StringComparison.Ordinal);
        return File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ') is { Length: > 4 } fields && fields[4] == escaped);
    }
}
