using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux;

/// <summary>link(2), unlink(2) and link counts, for stores that count references to a file by its hard links.</summary>
public static partial class HardLinks
{
    private const int AtEmptyPath = 0x1000;
    private const uint StatxNlink = 0x4;

    /// <summary>Makes <paramref name="link"/> another name of <paramref name="existing"/>. Returns 0 or the errno.</summary>
    public static int TryCreate(string existing, string link) => Native.link(existing, link) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Removes a name; false when it was not there.</summary>
    /// <exception cref="LinuxException">Any other failure.</exception>
    public static bool Remove(string path)
    {
        if (Native.unlink(path) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.ENOENT or Errno.ENOTDIR ? false : throw new LinuxException("unlink", errno, path);
    }

    /// <summary>How many names the open file has.</summary>
    /// <exception cref="LinuxException">statx failed.</exception>
    public static uint Count(SafeFileHandle file)
    {
        if (Native.statx(file, string.Empty, AtEmptyPath, StatxNlink, out var status) != 0)
        {
            throw LinuxException.FromLastError("statx");
        }

        return status.Nlink;
    }

    /// <summary>struct statx up to stx_nlink; the kernel fills 256 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct Statx
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Nlink;
    }

    private static partial class Native
    {
        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int link(string existing, string link);

        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int unlink(string path);

        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, out Statx status);
    }
}
