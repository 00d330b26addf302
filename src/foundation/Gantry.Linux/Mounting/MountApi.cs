using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>
/// The descriptor based mount API (fsopen(2), fsconfig(2), fsmount(2), open_tree(2), move_mount(2), mount_setattr(2); kernels from 5.2 and
/// 5.12). A mount exists as a descriptor before, or without ever, being attached to a path.
/// </summary>
public static unsafe partial class MountApi
{
    private const nint OpenTreeCall = 428;
    private const nint MoveMountCall = 429;
    private const nint FsOpenCall = 430;
    private const nint FsConfigCall = 431;
    private const nint FsMountCall = 432;
    private const nint MountSetAttrCall = 442;
    private const uint CloseOnExec = 1;
    private const uint OpenTreeClone = 1;
    private const uint OpenTreeCloseOnExec = 0x80000;
    private const int AtRecursive = 0x8000;
    private const int AtEmptyPath = 0x1000;
    private const uint MoveFromEmptyPath = 4;
    private const uint MoveToEmptyPath = 0x40;

    /// <summary>Starts a file system context; returns its descriptor or minus the errno.</summary>
    public static int TryOpen(string type)
    {
        Span<byte> stack = stackalloc byte[64];
        using var name = new PathBuffer(type, stack);
        fixed (byte* pointer = name)
        {
            return FileAt.Result((int)SyscallNative(FsOpenCall, (nint)pointer, (nint)CloseOnExec, 0, 0, 0));
        }
    }

    /// <summary>Sets a text parameter (at most 255 bytes); returns 0 or minus the errno.</summary>
    public static int TrySetString(int context, string key, string value)
    {
        Span<byte> keyStack = stackalloc byte[64];
        Span<byte> valueStack = stackalloc byte[PathBuffer.StackSize];
        using var keyBuffer = new PathBuffer(key, keyStack);
        using var valueBuffer = new PathBuffer(value, valueStack);
        fixed (byte* keyPointer = keyBuffer, valuePointer = valueBuffer)
        {
            return Configure(context, ConfigCommand.SetString, keyPointer, valuePointer);
        }
    }

    /// <summary>Sets a parameter that has no value; returns 0 or minus the errno.</summary>
    public static int TrySetFlag(int context, string key)
    {
        Span<byte> stack = stackalloc byte[64];
        using var keyBuffer = new PathBuffer(key, stack);
        fixed (byte* keyPointer = keyBuffer)
        {
            return Configure(context, ConfigCommand.SetFlag, keyPointer, null);
        }
    }

    /// <summary>Makes the superblock; returns 0 or minus the errno.</summary>
    public static int TryCreate(int context) => Configure(context, ConfigCommand.Create, null, null);

    /// <summary>A detached mount of the context; returns its descriptor or minus the errno.</summary>
    public static int TryMount(int context, MountAttributes attributes = MountAttributes.None) =>
        FileAt.Result((int)SyscallNative(FsMountCall, context, (nint)CloseOnExec, (nint)attributes, 0, 0));

    /// <summary>Attaches a detached mount at a path; returns 0 or minus the errno.</summary>
    public static int TryAttach(int mount, string target)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(target, stack);
        byte empty = 0;
        fixed (byte* pointer = path)
        {
            return FileAt.Result((int)SyscallNative(MoveMountCall, mount, (nint)(&empty), FileAt.CurrentDirectory, (nint)pointer, (nint)MoveFromEmptyPath));
        }
    }

    /// <summary>Attaches a detached mount at an open file or directory; returns 0 or minus the errno.</summary>
    public static int TryAttach(int mount, int target)
    {
        byte empty = 0;
        return FileAt.Result((int)SyscallNative(MoveMountCall, mount, (nint)(&empty), target, (nint)(&empty), (nint)(MoveFromEmptyPath | MoveToEmptyPath)));
    }

    /// <summary>A detached copy of the mount tree at a path (bind mount without a place); returns its descriptor or minus the errno.</summary>
    public static int TryClone(int directory, string path, bool recursive)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var buffer = new PathBuffer(path, stack);
        var flags = OpenTreeClone | OpenTreeCloseOnExec | (recursive ? AtRecursive : 0u) | (path.Length == 0 ? AtEmptyPath : 0u);
        fixed (byte* pointer = buffer)
        {
            return FileAt.Result((int)SyscallNative(OpenTreeCall, directory, (nint)pointer, (nint)flags, 0, 0));
        }
    }

    /// <summary>Changes attributes and propagation of a mount; returns 0 or minus the errno.</summary>
    /// <param name="propagation">One of the propagation <see cref="MountFlags"/>, or none.</param>
    public static int TrySetAttributes(
        int directory, string path, MountAttributes set, MountAttributes clear = MountAttributes.None, MountFlags propagation = MountFlags.None, bool recursive = false)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var buffer = new PathBuffer(path, stack);
        var attributes = new MountAttr { Set = (ulong)set, Clear = (ulong)clear, Propagation = (ulong)propagation };
        var flags = (recursive ? AtRecursive : 0) | (path.Length == 0 ? AtEmptyPath : 0);
        fixed (byte* pointer = buffer)
        {
            return FileAt.Result((int)SyscallNative(MountSetAttrCall, directory, (nint)pointer, flags, (nint)(&attributes), sizeof(MountAttr)));
        }
    }

    /// <summary>What the kernel said about the last failure of this context (lines like "e overlay: ..."), or an empty text.</summary>
    public static string ReadLog(int context)
    {
        Span<byte> buffer = stackalloc byte[512];
        fixed (byte* pointer = buffer)
        {
            var n = (int)ReadNative(context, pointer, (nuint)buffer.Length);
            return n > 0 ? LinuxPath.Decode(buffer[..n]).TrimEnd('\n', '\0') : string.Empty;
        }
    }

    private static int Configure(int context, ConfigCommand command, byte* key, byte* value) =>
        FileAt.Result((int)SyscallNative(FsConfigCall, context, (nint)command, (nint)key, (nint)value, 0));

    private enum ConfigCommand
    {
        SetFlag = 0,
        SetString = 1,
        Create = 6,
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MountAttr
    {
        internal ulong Set;
        internal ulong Clear;
        internal ulong Propagation;
        internal ulong UserNamespace;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallNative(nint number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadNative(int descriptor, byte* buffer, nuint count);
}

/// <summary>MOUNT_ATTR_* (linux/mount.h).</summary>
[Flags]
public enum MountAttributes : uint
{
    None = 0,
    ReadOnly = 1,
    NoSuid = 2,
    NoDev = 4,
    NoExec = 8,
    NoAccessTime = 0x10,
    NoSymlinkFollow = 0x200000,
}
