using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Named pipes and what the kernel can do with pipes without copying (fifo(7), splice(2), tee(2)).</summary>
public static partial class Pipes
{
    private const int F_SETPIPE_SZ = 1031;
    private const uint SpliceNonBlocking = 2;

    /// <summary>Creates a FIFO; an existing one is an error.</summary>
    public static void MakeFifo(string path, int mode)
    {
        if (MkfifoNative(path, (uint)mode) < 0)
        {
            throw LinuxException.FromLastError("mkfifo", path);
        }
    }

    /// <summary>An anonymous pipe, close-on-exec, blocking.</summary>
    public static unsafe (int Read, int Write) Create()
    {
        var ends = stackalloc int[2];
        return Pipe2Native(ends, (int)OpenFlags.CloseOnExec) < 0 ? throw LinuxException.FromLastError("pipe2") : (ends[0], ends[1]);
    }

    /// <summary>Asks for a capacity in bytes; the kernel rounds up and may refuse, which only costs speed.</summary>
    public static bool TrySetCapacity(int fd, int bytes) => FcntlNative(fd, F_SETPIPE_SZ, bytes) >= 0;

    /// <summary>Moves up to <paramref name="count"/> bytes without blocking; one side must be a pipe. Returns the count, 0 at the end, or minus the errno.</summary>
    public static int TrySplice(int from, int to, int count)
    {
        var n = SpliceNative(from, 0, to, 0, (nuint)count, SpliceNonBlocking);
        return n < 0 ? -Marshal.GetLastPInvokeError() : (int)n;
    }

    /// <summary>Duplicates up to <paramref name="count"/> bytes from one pipe to another without consuming them. Returns the count or minus the errno.</summary>
    public static int TryTee(int from, int to, int count)
    {
        var n = TeeNative(from, to, (nuint)count, SpliceNonBlocking);
        return n < 0 ? -Marshal.GetLastPInvokeError() : (int)n;
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkfifoNative(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static unsafe partial int Pipe2Native(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlNative(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    private static partial nint SpliceNative(int from, nint fromOffset, int to, nint toOffset, nuint count, uint flags);

    [LibraryImport("libc", EntryPoint = "tee", SetLastError = true)]
    private static partial nint TeeNative(int from, int to, nuint count, uint flags);
}
