using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>chown(2) and lchown(2).</summary>
public static partial class Ownership
{
    /// <summary>Changes owner and group of what <paramref name="path"/> leads to; -1 leaves one as it is.</summary>
    /// <exception cref="LinuxException"/>
    public static void Change(string path, int userId, int groupId)
    {
        if (chown(path, userId, groupId) != 0)
        {
            throw LinuxException.FromLastError("chown", path);
        }
    }

    /// <summary>Like <see cref="Change"/>, of a symbolic link itself.</summary>
    /// <exception cref="LinuxException"/>
    public static void ChangeLink(string path, int userId, int groupId)
    {
        if (lchown(path, userId, groupId) != 0)
        {
            throw LinuxException.FromLastError("lchown", path);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, int owner, int group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, int owner, int group);
}
