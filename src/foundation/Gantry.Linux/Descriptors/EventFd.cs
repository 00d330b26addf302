using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>A counter that can be waited for (eventfd(2)); also how cgroup v1 tells of out-of-memory.</summary>
public static partial class EventFd
{
    /// <summary>A non-blocking, close-on-exec event descriptor; the caller closes it.</summary>
    public static int Create()
    {
        var fd = EventFdNative(0, (int)(OpenFlags.CloseOnExec | OpenFlags.NonBlocking));
        return fd >= 0 ? fd : throw LinuxException.FromLastError("eventfd");
    }

    /// <summary>Takes the counter's value and sets it to zero; 0 when it was.</summary>
    public static unsafe ulong Take(int fd)
    {
        ulong value = 0;
        return RawFiles.TryRead(fd, (byte*)&value, sizeof(ulong)) == sizeof(ulong) ? value : 0;
    }

    public static unsafe void Signal(int fd)
    {
        ulong one = 1;
        _ = RawFiles.TryWrite(fd, new ReadOnlySpan<byte>(&one, sizeof(ulong)));
    }

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFdNative(uint initial, int flags);
}
