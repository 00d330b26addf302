using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Contents of open files: reading and writing at offsets, copying inside the kernel, holes, write-back. Plain descriptors as in <see cref="FileAt"/>.</summary>
public static unsafe partial class FileData
{
    private const int SeekDataWhence = 3;
    private const int SeekHoleWhence = 4;
    private const nuint CloneRequest = 0x40049409;
    private const uint StartWrite = 2;

    /// <summary>Reads until the buffer is full or the file ends; returns the number of bytes.</summary>
    public static int ReadFully(int descriptor, Span<byte> buffer, long offset)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            fixed (byte* pointer = buffer[done..])
            {
                var n = PReadNative(descriptor, pointer, (nuint)(buffer.Length - done), offset + done);
                if (n == 0)
                {
                    break;
                }

                if (n < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw LinuxException.FromLastError("pread");
                }

                done += Math.Max(0, (int)n);
            }
        }

        return done;
    }

    /// <summary>Writes everything at the file position.</summary>
    public static void WriteAll(int descriptor, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            fixed (byte* pointer = data)
            {
                var n = WriteNative(descriptor, pointer, (nuint)data.Length);
                if (n < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw LinuxException.FromLastError("write");
                }

                data = data[Math.Max(0, (int)n)..];
            }
        }
    }

    /// <summary>Writes everything at <paramref name="offset"/>.</summary>
    public static void WriteAll(int descriptor, ReadOnlySpan<byte> data, long offset)
    {
        while (!data.IsEmpty)
        {
            fixed (byte* pointer = data)
            {
                var n = PWriteNative(descriptor, pointer, (nuint)data.Length, offset);
                if (n < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw LinuxException.FromLastError("pwrite");
                }

                offset += Math.Max(0, n);
                data = data[Math.Max(0, (int)n)..];
            }
        }
    }

    /// <summary>Sets the length; new bytes are a hole.</summary>
    public static void SetLength(int descriptor, long length) => FileAt.Check(FileAt.Result(FTruncateNative(descriptor, length)), "ftruncate");

    /// <summary>Copies a whole file to an empty one: sharing blocks where the file system can, else inside the kernel, keeping holes.</summary>
    /// <param name="length">Bytes of the source.</param>
    public static void CopyFile(int source, int destination, long length)
    {
        if (length == 0 || IoctlNative(destination, CloneRequest, source) == 0)
        {
            return;
        }

        foreach (var (offset, count) in DataExtents(source, length))
        {
            CopyRange(source, destination, offset, count);
        }

        SetLength(destination, length);
    }

    /// <summary>The stretches of a file that hold data, in order (SEEK_DATA, SEEK_HOLE); one for a file without holes.</summary>
    public static IReadOnlyList<(long Offset, long Count)> DataExtents(int descriptor, long length)
    {
        var extents = new List<(long, long)>();
        for (var position = 0L; position < length;)
        {
            var start = LSeekNative(descriptor, position, SeekDataWhence);
            if (start < 0)
            {
                return Marshal.GetLastPInvokeError() == Errno.ENXIO ? extents : [(0, length)];
            }

            var end = LSeekNative(descriptor, start, SeekHoleWhence);
            end = end < 0 ? length : Math.Min(end, length);
            if (start < end)
            {
                extents.Add((start, end - start));
            }

            position = Math.Max(end, start + 1);
        }

        return extents;
    }

    /// <summary>Lets the kernel start writing the range to disk, so that a later sync has less to wait for. A hint: failures don't matter.</summary>
    public static void StartWriteBack(int descriptor, long offset, long count) => _ = SyncFileRangeNative(descriptor, offset, count, StartWrite);

    /// <summary>Waits until the file's data is on disk (fdatasync).</summary>
    public static void Sync(int descriptor) => FileAt.Check(FileAt.Result(FDataSyncNative(descriptor)), "fdatasync");

    /// <summary>
    /// Has the kernel send bytes of a file to a socket that doesn't block, without their coming here (sendfile(2)): their number, which may be less than asked for,
    /// 0 where the file has ended, or a negated errno (-EAGAIN: the socket is full).
    /// </summary>
    public static long TrySendFile(SafeHandle socket, SafeHandle file, long offset, long count)
    {
        nint n;
        do
        {
            n = SendFileNative(socket, file, &offset, (nuint)count);
        }
        while (n < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        return n < 0 ? -Marshal.GetLastPInvokeError() : n;
    }

    private static void CopyRange(int source, int destination, long offset, long count)
    {
        var (from, to) = (offset, offset);
        while (count > 0)
        {
            var n = CopyFileRangeNative(source, &from, destination, &to, (nuint)Math.Min(count, 1 << 30), 0);
            if (n < 0 && Marshal.GetLastPInvokeError() is Errno.EXDEV or Errno.EINVAL or Errno.ENOSYS or Errno.EOPNOTSUPP)
            {
                CopyByHand(source, destination, from, count);
                return;
            }

            if (n < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw LinuxException.FromLastError("copy_file_range");
            }

            if (n == 0)
            {
                return; // the source became shorter meanwhile
            }

            count -= Math.Max(0, n);
        }
    }

    private static void CopyByHand(int source, int destination, long offset, long count)
    {
        var buffer = new byte[256 << 10];
        while (count > 0)
        {
            var n = ReadFully(source, buffer.AsSpan(0, (int)Math.Min(count, buffer.Length)), offset);
            if (n == 0)
            {
                return;
            }

            WriteAll(destination, buffer.AsSpan(0, n), offset);
            offset += n;
            count -= n;
        }
    }

    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    private static partial nint PReadNative(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteNative(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    private static partial nint PWriteNative(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "ftruncate64", SetLastError = true)]
    private static partial int FTruncateNative(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(int descriptor, nuint request, int argument);

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    private static partial long LSeekNative(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    private static partial nint CopyFileRangeNative(int source, long* sourceOffset, int destination, long* destinationOffset, nuint count, uint flags);

    [LibraryImport("libc", EntryPoint = "sendfile64", SetLastError = true)]
    private static partial nint SendFileNative(SafeHandle socket, SafeHandle file, long* offset, nuint count);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRangeNative(int descriptor, long offset, long count, uint flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSyncNative(int descriptor);
}
