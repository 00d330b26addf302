using System.Globalization;
using System.Text;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Runtime.Spec;

/// <summary>A line of /etc/passwd: name, uid and gid.</summary>
internal readonly record struct PasswdEntry(string Name, uint Uid, uint Gid);

/// <summary>A line of /etc/group: name, gid and members.</summary>
internal readonly record struct GroupEntry(string Name, uint Gid, IReadOnlyList<string> Members);

/// <summary>
/// A container's own /etc/passwd and /etc/group. Both are the image's content: they are opened without leaving the rootfs, only when
/// they are regular files, read up to a limit, and lines that make no sense are passed over.
/// </summary>
internal static class UserDatabase
{
    private const int LargestFile = 16 * 1024 * 1024;

    internal static IEnumerable<PasswdEntry> ReadPasswd(string rootfs)
    {
        foreach (var fields in ReadLines(rootfs, "etc/passwd"))
        {
            if (fields.Length >= 3 && TryNumber(fields[2], out var uid) && TryNumber(fields.ElementAtOrDefault(3), out var gid))
            {
                yield return new PasswdEntry(fields[0], uid, gid);
            }
        }
    }

    internal static IEnumerable<GroupEntry> ReadGroup(string rootfs)
    {
        foreach (var fields in ReadLines(rootfs, "etc/group"))
        {
            if (fields.Length >= 3 && TryNumber(fields[2], out var gid))
            {
                yield return new GroupEntry(fields[0], gid, (fields.ElementAtOrDefault(3) ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries));
            }
        }
    }

    private static IEnumerable<string[]> ReadLines(string rootfs, string path) =>
        Read(rootfs, path).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(':'));

    /// <summary>A missing file is an empty one.</summary>
    private static string Read(string rootfs, string path)
    {
        using var handle = RootedFiles.TryOpenRead(rootfs, path, out var error);
        if (handle is null)
        {
            return error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP
                ? string.Empty
                : throw new LinuxException("openat2", error, path).ToGantry($"reading /{path} of the container");
        }

        var kind = FileAt.Stat((int)handle.DangerousGetHandle()).Kind;
        if (kind != FileKind.File)
        {
            throw GantryException.InvalidArgument($"/{path} in the container is not a regular file");
        }

        var length = RandomAccess.GetLength(handle);
        if (length > LargestFile)
        {
            throw GantryException.InvalidArgument($"/{path} in the container is larger than {LargestFile} bytes");
        }

        var buffer = new byte[length];
        var read = RandomAccess.Read(handle, buffer, 0);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    private static bool TryNumber(string? text, out uint number)
    {
        number = 0;
        return string.IsNullOrEmpty(text) || uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
