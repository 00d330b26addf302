using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>open(2) flags, the same on x86-64 and arm64 except where <see cref="FileAt"/> translates them.</summary>
[Flags]
public enum OpenAtFlags
{
    ReadOnly = 0,
    WriteOnly = 1,
    ReadWrite = 2,
    Create = 0x40,
    Exclusive = 0x80,
    Truncate = 0x200,
    Append = 0x400,
    NonBlocking = 0x800,
    Directory = 0x10000,
    NoFollow = 0x20000,
    Path = 0x200000,
}

/// <summary>openat2(2)'s resolve flags.</summary>
[Flags]
public enum ResolveFlags : ulong
{
    None = 0,
    NoCrossDevice = 1,
    NoMagicLinks = 2,
    NoSymlinks = 4,

    /// <summary>Leaving the tree fails with EXDEV.</summary>
    Beneath = 8,

    /// <summary>The directory is the root: absolute links and .. stay inside.</summary>
    InRoot = 16,
}

public static unsafe partial class FileAt
{
    private const int CloseOnExec = 0x80000;
    private const nint OpenAt2Call = 437;
    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Opens with close-on-exec.</summary>
    public static int TryOpen(int directory, string name, OpenAtFlags flags, int mode = 0)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        fixed (byte* pointer = path)
        {
            while (true)
            {
                var fd = Result(OpenAtNative(directory, pointer, Native(flags), (uint)mode));
                if (fd != -Errno.EINTR)
                {
                    return fd;
                }
            }
        }
    }

    public static int Open(int directory, string name, OpenAtFlags flags, int mode = 0) => Check(TryOpen(directory, name, flags, mode), "open", name);

    /// <summary>Opens a directory by absolute or relative path, for use as the root of rooted calls.</summary>
    public static int OpenDirectory(string path) => Open(CurrentDirectory, path, OpenAtFlags.Directory);

    /// <summary>Opens below <paramref name="root"/> under the given rules (openat2; kernel 5.6). Retries while the tree is being renamed.</summary>
    public static int TryOpenRooted(int root, string path, OpenAtFlags flags, ResolveFlags resolve, int mode = 0)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var buffer = new PathBuffer(path.Length == 0 ? "." : path, stack);
        var how = new OpenHow { Flags = (ulong)(uint)Native(flags), Mode = (ulong)mode, Resolve = (ulong)resolve };
        fixed (byte* pointer = buffer)
        {
            for (var attempt = 0; ; attempt++)
            {
                var fd = (int)SyscallNative(OpenAt2Call, root, pointer, &how, (nuint)sizeof(OpenHow));
                var result = Result(fd);
                if (result is not (-Errno.EINTR or -Errno.EAGAIN) || attempt > 1000)
                {
                    return result;
                }
            }
        }
    }

    /// <summary>A new descriptor of a file known by an O_PATH descriptor.</summary>
    public static int TryReopen(int descriptor, OpenAtFlags flags) => TryOpen(CurrentDirectory, DescriptorPath(descriptor), flags);

    public static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            _ = CloseNative(descriptor);
        }
    }

    /// <summary>A path that means the open file, for calls that have no descriptor form.</summary>
    public static string DescriptorPath(int descriptor) => string.Create(null, stackalloc char[32], $"/proc/self/fd/{descriptor}");

    /// <summary>O_DIRECTORY and O_NOFOLLOW have other values on arm.</summary>
    private static int Native(OpenAtFlags flags)
    {
        var value = (int)flags | CloseOnExec;
        if (s_arm)
        {
            value &= ~((int)OpenAtFlags.Directory | (int)OpenAtFlags.NoFollow);
            value |= (flags.HasFlag(OpenAtFlags.Directory) ? 0x4000 : 0) | (flags.HasFlag(OpenAtFlags.NoFollow) ? 0x8000 : 0);
        }

        return value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        internal ulong Flags;
        internal ulong Mode;
        internal ulong Resolve;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAtNative(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallNative(nint number, nint root, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseNative(int descriptor);
}
