using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>A pipe through which the kernel moves bytes from one socket to another without copying them to user space (splice(2)).</summary>
public sealed unsafe partial class SplicePipe : IDisposable
{
    private const int OpenFlags = 0x80000 | 0x800;
    private const uint MoveNonBlocking = 1 | 2;
    private const int Chunk = 64 * 1024;

    private readonly SafeFileHandle _read;
    private readonly SafeFileHandle _write;

    /// <exception cref="LinuxException">No descriptors are left.</exception>
    public SplicePipe()
    {
        var ends = stackalloc int[2];
        if (Native.pipe2(ends, OpenFlags) < 0)
        {
            throw LinuxException.FromLastError("pipe2");
        }

        _read = new SafeFileHandle(ends[0], ownsHandle: true);
        _write = new SafeFileHandle(ends[1], ownsHandle: true);
    }

    /// <summary>Bytes in the pipe.</summary>
    public int Buffered { get; private set; }

    /// <summary>Takes bytes out of a socket: their number, 0 at its end, or a negated errno (-EAGAIN: nothing there, or the pipe is full).</summary>
    public int Fill(NativeSocket source) => Count(Native.splice(source.Handle, null, _write, null, Chunk, MoveNonBlocking), 1);

    /// <summary>Gives bytes to a socket: their number or a negated errno.</summary>
    public int Drain(NativeSocket target) => Count(Native.splice(_read, null, target.Handle, null, Buffered, MoveNonBlocking), -1);

    public void Dispose()
    {
        _read.Dispose();
        _write.Dispose();
    }

    private int Count(nint moved, int sign)
    {
        if (moved < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        Buffered += sign * (int)moved;
        return (int)moved;
    }

    private static partial class Native
    {
        [LibraryImport("libc", SetLastError = true)]
        internal static partial int pipe2(int* ends, int flags);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial nint splice(SafeFileHandle from, long* fromOffset, SafeFileHandle to, long* toOffset, nint length, uint flags);
    }
}
