using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux;

/// <summary>
/// Opens files below a directory that somebody else fills (a container's rootfs). openat2(2) with RESOLVE_IN_ROOT makes the kernel
/// resolve every <c>..</c>, absolute path and symbolic link as if the directory were the root, so nothing outside can be reached,
/// also while the tree changes underneath. Kernels from 5.6.
/// </summary>
public static partial class RootedFiles
{
    // The same number on every architecture (asm-generic, x86-64 and i386 share numbers from 424 on).
    private const long Openat2Number = 437;

    private const ulong ReadOnlyNonBlocking = 0x800 | 0x80000;
    private const int PathOnly = 0x200000 | 0x80000;
    private const ulong ResolveNoMagicLinks = 0x02;
    private const ulong ResolveInRoot = 0x10;

    /// <summary>
    /// Opens for reading without blocking on FIFOs or devices. <paramref name="error"/> is 0 or the errno (ENOENT, ENOTDIR, ELOOP…);
    /// the caller disposes the handle. Throws <see cref="LinuxException"/> when <paramref name="root"/> itself can't be opened.
    /// </summary>
    public static SafeFileHandle? TryOpenRead(string root, string path, out int error)
    {
        var directory = OpenNative(root, PathOnly, 0);
        if (directory < 0)
        {
            throw LinuxException.FromLastError("open", root);
        }

        try
        {
            var how = new OpenHow { Flags = ReadOnlyNonBlocking, Resolve = ResolveInRoot | ResolveNoMagicLinks };
            var fd = Openat2Native(Openat2Number, directory, path, ref how, Marshal.SizeOf<OpenHow>());
            error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
            return fd < 0 ? null : new SafeFileHandle((nint)fd, ownsHandle: true);
        }
        finally
        {
            _ = CloseNative(directory);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseNative(int fd);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long Openat2Native(long number, int directory, string path, ref OpenHow how, nint size);
}
