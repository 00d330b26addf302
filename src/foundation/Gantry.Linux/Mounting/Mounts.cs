using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>mount(2) and umount2(2).</summary>
public static unsafe partial class Mounts
{
    /// <summary>Mounts; <paramref name="data"/> are the file system's own options, at most a page.</summary>
    public static void Mount(string? source, string target, string? type, MountFlags flags, string? data = null)
    {
        Span<byte> sourceStack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> targetStack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> typeStack = stackalloc byte[64];
        using var sourcePath = new PathBuffer(source ?? "none", sourceStack);
        using var targetPath = new PathBuffer(target, targetStack);
        using var typeName = new PathBuffer(type ?? "none", typeStack);
        using var options = new PathBuffer(data ?? string.Empty, default);
        fixed (byte* s = sourcePath, t = targetPath, n = typeName, d = options)
        {
            FileAt.Check(FileAt.Result(MountNative(s, t, n, (nuint)flags, d)), "mount", target);
        }
    }

    /// <summary>Unmounts; returns 0 or minus the errno (EINVAL: not a mount point).</summary>
    public static int TryUnmount(string target, UnmountFlags flags = UnmountFlags.None)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(target, stack);
        fixed (byte* pointer = path)
        {
            return FileAt.Result(UmountNative(pointer, (int)flags));
        }
    }

    public static void Unmount(string target, UnmountFlags flags = UnmountFlags.None) => FileAt.Check(TryUnmount(target, flags), "umount2", target);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true)]
    private static partial int MountNative(byte* source, byte* target, byte* type, nuint flags, byte* data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true)]
    private static partial int UmountNative(byte* target, int flags);
}

/// <summary>MS_* (linux/mount.h).</summary>
[Flags]
public enum MountFlags : uint
{
    None = 0,
    ReadOnly = 1,
    NoSuid = 2,
    NoDev = 4,
    NoExec = 8,
    Synchronous = 0x10,
    Remount = 0x20,
    NoSymlinkFollow = 0x100,
    NoAccessTime = 0x400,
    NoDirectoryAccessTime = 0x800,
    Bind = 0x1000,
    Move = 0x2000,
    Recursive = 0x4000,
    Unbindable = 1 << 17,
    Private = 1 << 18,
    Slave = 1 << 19,
    Shared = 1 << 20,
    RelativeAccessTime = 1 << 21,
    StrictAccessTime = 1 << 24,
}

/// <summary>umount2(2) flags.</summary>
[Flags]
public enum UnmountFlags
{
    None = 0,
    Force = 1,

    /// <summary>Out of sight at once; taken down when nothing uses it any more.</summary>
    Detach = 2,
    Expire = 4,
    NoFollow = 8,
}
