using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Gantry.Linux;

[Flags]
public enum OpenFlags
{
    ReadOnly = 0,
    WriteOnly = 1,
    ReadWrite = 2,
    Create = 0x40,
    Exclusive = 0x80,
    Truncate = 0x200,
    Append = 0x400,
    NonBlocking = 0x800,
    CloseOnExec = 0x80000,

    /// <summary>O_PATH: a place in the tree, not its content.</summary>
    PathOnly = 0x200000,
}

/// <summary>
/// open, read, write and their kin on bare descriptors, for the places where a <see cref="FileStream"/> costs too much.
/// Descriptors are plain ints: whoever opened one closes it. Interrupted calls are repeated.
/// </summary>
public static partial class RawFiles
{
    private const int SetDescriptorFlags = 2;
    private const int DescriptorCloseOnExec = 1;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const nuint FIONREAD = 0x541B;
    private const int AtEmptyPath = 0x1000;
    private const uint StatxSize = 0x200;
    private const int StatxSizeOffset = 40;
    private const int SmallFile = 64 * 1024;

    /// <summary>Opens with close-on-exec; throws on failure.</summary>
    public static int Open(string path, OpenFlags flags, int mode = 0)
    {
        var fd = TryOpen(path, flags, mode);
        return fd >= 0 ? fd : throw LinuxException.FromLastError("open", path);
    }

    /// <summary>As <see cref="Open"/>; -1 with the errno in <see cref="Marshal.GetLastPInvokeError"/> on failure.</summary>
    public static int TryOpen(string path, OpenFlags flags, int mode = 0)
    {
        int fd;
        do
        {
            fd = OpenNative(path, (int)(flags | OpenFlags.CloseOnExec), mode);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        return fd;
    }

    /// <summary>Reads once. Returns the byte count, 0 at the end, or minus the errno.</summary>
    public static unsafe int TryRead(int fd, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            return TryRead(fd, pointer, buffer.Length);
        }
    }

    /// <inheritdoc cref="TryRead(int, Span{byte})"/>
    public static unsafe int TryRead(int fd, byte* buffer, int count)
    {
        while (true)
        {
            var n = ReadNative(fd, buffer, (nuint)count);
            if (n >= 0)
            {
                return (int)n;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Errno.EINTR)
            {
                return -error;
            }
        }
    }

    /// <summary>Writes once. Returns the byte count, which may be less than asked, or minus the errno.</summary>
    public static unsafe int TryWrite(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            while (true)
            {
                var n = WriteNative(fd, pointer, (nuint)data.Length);
                if (n >= 0)
                {
                    return (int)n;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.EINTR)
                {
                    return -error;
                }
            }
        }
    }

    /// <summary>Writes everything; throws when it can't.</summary>
    public static void WriteAll(int fd, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var n = TryWrite(fd, data);
            if (n < 0)
            {
                throw new LinuxException("write", -n);
            }

            data = data[n..];
        }
    }

    /// <summary>Closes; failures are ignored because the descriptor is gone either way (close(2)).</summary>
    public static void Close(int fd)
    {
        if (fd >= 0)
        {
            _ = CloseNative(fd);
        }
    }

    /// <summary>Duplicates with close-on-exec.</summary>
    public static int Duplicate(int fd)
    {
        var copy = FcntlNative(fd, F_DUPFD_CLOEXEC, 3);
        return copy >= 0 ? copy : throw LinuxException.FromLastError("fcntl(F_DUPFD_CLOEXEC)");
    }

    public static void SetNonBlocking(int fd, bool on)
    {
        var flags = FcntlNative(fd, F_GETFL, 0);
        var wanted = on ? flags | (int)OpenFlags.NonBlocking : flags & ~(int)OpenFlags.NonBlocking;
        if (flags < 0 || (wanted != flags && FcntlNative(fd, F_SETFL, wanted) < 0))
        {
            throw LinuxException.FromLastError("fcntl(F_SETFL)");
        }
    }

    /// <summary>Bytes a read would return without waiting (FIONREAD), for pipes, sockets and terminals.</summary>
    public static int BytesAvailable(int fd)
    {
        var count = 0;
        return IoctlNative(fd, FIONREAD, ref count) < 0 ? 0 : count;
    }

    /// <summary>The file's size in bytes.</summary>
    public static unsafe long Size(int fd)
    {
        var buffer = stackalloc byte[256];
        return StatxNative(fd, "", AtEmptyPath, StatxSize, buffer) < 0
            ? throw LinuxException.FromLastError("statx")
            : *(long*)(buffer + StatxSizeOffset);
    }

    public static void Truncate(int fd, long length)
    {
        if (FtruncateNative(fd, length) < 0)
        {
            throw LinuxException.FromLastError("ftruncate");
        }
    }

    public static void Rename(string from, string to)
    {
        if (RenameNative(from, to) < 0)
        {
            throw LinuxException.FromLastError("rename", $"{from} to {to}");
        }
    }

    /// <summary>Removes a name; false when it did not exist.</summary>
    public static bool Unlink(string path)
    {
        if (UnlinkNative(path) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.ENOENT ? false : throw new LinuxException("unlink", error, path);
    }

    /// <summary>Removes an empty directory. Returns 0 or the errno.</summary>
    public static int TryRemoveDirectory(string path) => RmdirNative(path) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Creates a directory; false when it was there.</summary>
    public static bool MakeDirectory(string path, int mode)
    {
        if (MkdirNative(path, (uint)mode) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.EEXIST ? false : throw new LinuxException("mkdir", error, path);
    }

    /// <summary>Reads a small file (proc, sysfs, cgroup) into <paramref name="buffer"/>; minus the errno on failure.</summary>
    public static int TryReadFile(string path, Span<byte> buffer)
    {
        var fd = TryOpen(path, OpenFlags.ReadOnly);
        if (fd < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        var total = 0;
        while (total < buffer.Length)
        {
            var n = TryRead(fd, buffer[total..]);
            if (n <= 0)
            {
                total = n < 0 ? n : total;
                break;
            }

            total += n;
        }

        Close(fd);
        return total;
    }

    /// <summary>Makes something of the bytes of a small file (proc, sysfs, cgroup; up to 64 KiB); null when it can't be read.</summary>
    public static T? ReadFile<T>(string path, Func<ReadOnlySpan<byte>, T> parse)
        where T : class
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SmallFile);
        try
        {
            var n = TryReadFile(path, buffer.AsSpan(0, SmallFile));
            return n >= 0 ? parse(buffer.AsSpan(0, n)) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes a value to an existing control file (proc, sysfs, cgroup) in one write. Returns 0 or the errno.</summary>
    public static int TryWriteFile(string path, ReadOnlySpan<byte> value)
    {
        var fd = TryOpen(path, OpenFlags.WriteOnly);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        var n = TryWrite(fd, value);
        Close(fd);
        return n < 0 ? -n : 0;
    }

    /// <inheritdoc cref="TryWriteFile(string, ReadOnlySpan{byte})"/>
    public static int TryWriteFile(string path, string value) => TryWriteFile(path, Encoding.UTF8.GetBytes(value));

    /// <summary>Writes a file so that readers see the old or the new content, whatever happens between (temp + rename, no fsync).</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, int mode = 0x180)
    {
        var temporary = path + ".tmp";
        var fd = Open(temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, mode);
        try
        {
            WriteAll(fd, content);
        }
        finally
        {
            Close(fd);
        }

        Rename(temporary, path);
    }

    /// <summary>Marks an inherited descriptor so that programs started from here don't get it.</summary>
    public static void CloseOnExec(int fd)
    {
        if (ControlNative(fd, SetDescriptorFlags, DescriptorCloseOnExec) < 0)
        {
            throw LinuxException.FromLastError("fcntl(F_SETFD)");
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlNative(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadNative(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteNative(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseNative(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlNative(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(int fd, nuint request, ref int value);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatxNative(int fd, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int FtruncateNative(int fd, long length);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameNative(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkNative(string path);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RmdirNative(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkdirNative(string path, uint mode);
}
