using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Flags of mount(2).</summary>
[Flags]
public enum MountFlags : uint
{
    None = 0,
    ReadOnly = 1,
    NoSuid = 2,
    NoDevices = 4,
    NoExec = 8,
    Synchronous = 16,
    NoAccessTime = 1024,
    NoDirectoryAccessTime = 2048,
    Bind = 4096,
    Recursive = 16384,
    RelativeAccessTime = 1 << 21,
}

/// <summary>mount(2) and umount2(2), for mounts described by a user's type, device and option string.</summary>
public static partial class ClassicMounts
{
    private const int MNT_DETACH = 2;

    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static void Mount(string source, string target, string type, MountFlags flags, string data)
    {
        if (MountNative(source, target, type, (nuint)flags, data) != 0)
        {
            throw LinuxException.FromLastError("mount", target);
        }
    }

    /// <param name="detach">Take it out of the tree now and free it when nothing uses it any more.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static void Unmount(string target, bool detach)
    {
        if (UnmountNative(target, detach ? MNT_DETACH : 0) != 0)
        {
            throw LinuxException.FromLastError("umount2", target);
        }
    }

    [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MountNative(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnmountNative(string target, int flags);
}
