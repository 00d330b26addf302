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

    /// <summary>A missing file is an empty one. The kernel resolves links as if the rootfs were the root, and nothing is opened that could block.</summary>
    private static string Read(string rootfs, string path)
    {
        var root = FileAt.OpenDirectory(rootfs);
        try
        {
            var file = FileAt.TryOpenRooted(root, path, OpenAtFlags.NonBlocking, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
            return file switch
            {
                >= 0 => ReadAndClose(file, path),
                -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP => string.Empty,
                _ => throw new LinuxException("openat2", -file, path).ToGantry($"reading /{path} of the container"),
            };
        }
        finally
        {
            FileAt.Close(root);
        }
    }

    private static string ReadAndClose(int file, string path)
    {
        try
        {
            var status = FileAt.Stat(file);
            if (status.Kind != FileKind.File)
            {
                throw GantryException.InvalidArgument($"/{path} in the container is not a regular file");
            }

            if (status.Size > LargestFile)
            {
                throw GantryException.InvalidArgument($"/{path} in the container is larger than {LargestFile} bytes");
            }

            var buffer = new byte[status.Size];
            return Encoding.UTF8.GetString(buffer, 0, FileData.ReadFully(file, buffer, 0));
        }
        finally
        {
            FileAt.Close(file);
        }
    }

    private static bool TryNumber(string? text, out uint number)
    {
        number = 0;
        return string.IsNullOrEmpty(text) || uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
