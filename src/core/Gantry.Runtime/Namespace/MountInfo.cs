namespace Gantry.Runtime;

/// <summary>One line of <c>/proc/self/mountinfo</c> (proc(5)).</summary>
/// <param name="MountPoint">Where it is mounted, unescaped.</param>
/// <param name="IsShared">Mount events are exchanged with a peer group.</param>
internal sealed record MountInfo(string MountPoint, bool IsShared)
{
    /// <summary>The mount on which a path is: the last of the longest mount points above it.</summary>
    public static MountInfo Of(string path, IEnumerable<string> lines)
    {
        var found = new MountInfo("/", false);
        foreach (var line in lines)
        {
            if (Parse(line) is { } mount && Contains(mount.MountPoint, path) && mount.MountPoint.Length >= found.MountPoint.Length)
            {
                found = mount;
            }
        }

        return found;
    }

    public static MountInfo? Parse(string line)
    {
        var separator = line.IndexOf(" - ", StringComparison.Ordinal);
        var fields = separator < 0 ? [] : line[..separator].Split(' ');
        return fields.Length < 6
            ? null
            : new MountInfo(Unescape(fields[4]), fields.Skip(6).Any(field => field.StartsWith("shared:", StringComparison.Ordinal)));
    }

    private static bool Contains(string mountPoint, string path) =>
        mountPoint == "/" || path == mountPoint || path.StartsWith(mountPoint + "/", StringComparison.Ordinal);

    private static string Unescape(string path) => path
        .Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal)
        .Replace("\\134", "\\", StringComparison.Ordinal);
}
