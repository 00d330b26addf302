using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>
/// File system calls relative to a directory descriptor, which is what keeps a path a stranger chose inside a tree. Names are
/// <see cref="LinuxPath"/> strings. Descriptors are plain ints, closed by whoever opened them. <c>Try</c> methods return a descriptor or 0 on
/// success and minus the errno otherwise; the others throw <see cref="LinuxException"/>.
/// </summary>
public static unsafe partial class FileAt
{
    /// <summary>The working directory in place of a descriptor (AT_FDCWD).</summary>
    public const int CurrentDirectory = -100;

    private const int SymlinkNoFollow = 0x100;
    private const int RemoveDirectoryFlag = 0x200;
    private const int EmptyPath = 0x1000;
    private const uint StatxBasicStats = 0x7ff;

    public static int TryStat(int directory, string name, out FileStatus status, bool followLink = false)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        StatxBuffer buffer;
        fixed (byte* pointer = path)
        {
            // An empty name means the descriptor itself.
            var flags = (followLink ? 0 : SymlinkNoFollow) | (name.Length == 0 ? EmptyPath : 0);
            var result = Result(StatxNative(directory, pointer, flags, StatxBasicStats, &buffer));
            status = result == 0 ? buffer.ToStatus() : default;
            return result;
        }
    }

    public static FileStatus Stat(int directory, string name, bool followLink = false) =>
        Check(TryStat(directory, name, out var status, followLink), "statx", name) == 0 ? status : default;

    /// <summary>Status of an open file.</summary>
    public static FileStatus Stat(int descriptor) => Stat(descriptor, string.Empty);

    public static int TryMakeDirectory(int directory, string name, int mode)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        fixed (byte* pointer = path)
        {
            return Result(MkdirAtNative(directory, pointer, (uint)mode));
        }
    }

    public static int TryMakeSymlink(string target, int directory, string name)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> targetStack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        using var targetPath = new PathBuffer(target, targetStack);
        fixed (byte* pointer = path, targetPointer = targetPath)
        {
            return Result(SymlinkAtNative(targetPointer, directory, pointer));
        }
    }

    /// <summary>Makes a hard link; a symlink is linked itself, not followed.</summary>
    public static int TryLink(int fromDirectory, string fromName, int toDirectory, string toName)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> toStack = stackalloc byte[PathBuffer.StackSize];
        using var from = new PathBuffer(fromName, stack);
        using var to = new PathBuffer(toName, toStack);
        fixed (byte* fromPointer = from, toPointer = to)
        {
            return Result(LinkAtNative(fromDirectory, fromPointer, toDirectory, toPointer, 0));
        }
    }

    /// <summary>Makes a device node, FIFO or socket.</summary>
    public static int TryMakeNode(int directory, string name, FileKind kind, int mode, uint major = 0, uint minor = 0)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        fixed (byte* pointer = path)
        {
            return Result(MknodAtNative(directory, pointer, (uint)kind | (uint)mode, DeviceNumber(major, minor)));
        }
    }

    public static int TryUnlink(int directory, string name) => Unlink(directory, name, 0);

    public static int TryRemoveDirectory(int directory, string name) => Unlink(directory, name, RemoveDirectoryFlag);

    public static int TryRename(int fromDirectory, string fromName, int toDirectory, string toName, RenameFlags flags = RenameFlags.None)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> toStack = stackalloc byte[PathBuffer.StackSize];
        using var from = new PathBuffer(fromName, stack);
        using var to = new PathBuffer(toName, toStack);
        fixed (byte* fromPointer = from, toPointer = to)
        {
            return Result(RenameAt2Native(fromDirectory, fromPointer, toDirectory, toPointer, (uint)flags));
        }
    }

    public static void Rename(string from, string to) =>
        Check(TryRename(CurrentDirectory, from, CurrentDirectory, to), "rename", from);

    /// <summary>The text of a symlink; an empty name means the descriptor itself (an O_PATH descriptor of a symlink).</summary>
    public static int TryReadLink(int directory, string name, out string target)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        var buffer = stackalloc byte[4096];
        fixed (byte* pointer = path)
        {
            var length = ReadLinkAtNative(directory, pointer, buffer, 4096);
            target = length >= 0 ? LinuxPath.Decode(new ReadOnlySpan<byte>(buffer, (int)length)) : string.Empty;
            return length >= 0 ? 0 : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Throws for a negative <c>Try</c> result and hands anything else through.</summary>
    public static int Check(int result, string call, string? subject = null) =>
        result >= 0 ? result : throw new LinuxException(call, -result, subject);

    /// <summary>glibc's makedev: the kernel's 64-bit user-space encoding.</summary>
    public static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    internal static int Result(int returned) => returned >= 0 ? returned : -Marshal.GetLastPInvokeError();

    private static int Unlink(int directory, string name, int flags)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        fixed (byte* pointer = path)
        {
            return Result(UnlinkAtNative(directory, pointer, flags));
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatxNative(int directory, byte* path, int flags, uint mask, StatxBuffer* buffer);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int MkdirAtNative(int directory, byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    private static partial int SymlinkAtNative(byte* target, int directory, byte* path);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    private static partial int LinkAtNative(int fromDirectory, byte* from, int toDirectory, byte* to, int flags);

    [LibraryImport("libc", EntryPoint = "mknodat", SetLastError = true)]
    private static partial int MknodAtNative(int directory, byte* path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int UnlinkAtNative(int directory, byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    private static partial int RenameAt2Native(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint ReadLinkAtNative(int directory, byte* path, byte* buffer, nuint size);
}

/// <summary>renameat2(2).</summary>
[Flags]
public enum RenameFlags
{
    None = 0,
    NoReplace = 1,
    Exchange = 2,
}
