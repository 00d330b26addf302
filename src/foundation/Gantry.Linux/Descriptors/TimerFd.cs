using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>A timer that can be waited for (timerfd_create(2)) on the monotonic clock.</summary>
public static unsafe partial class TimerFd
{
    private const int ClockMonotonic = 1;

    public static int Create()
    {
        var fd = TimerFdCreateNative(ClockMonotonic, (int)(OpenFlags.CloseOnExec | OpenFlags.NonBlocking));
        return fd >= 0 ? fd : throw LinuxException.FromLastError("timerfd_create");
    }

    /// <summary>Fires once after the delay; a zero delay disarms.</summary>
    public static void Arm(int fd, TimeSpan delay)
    {
        var value = stackalloc long[4];
        value[0] = 0;
        value[1] = 0;
        value[2] = delay.Ticks / TimeSpan.TicksPerSecond;
        value[3] = delay.Ticks % TimeSpan.TicksPerSecond * 100;
        if (TimerFdSetNative(fd, 0, value, null) < 0)
        {
            throw LinuxException.FromLastError("timerfd_settime");
        }
    }

    /// <summary>Takes the count of expirations.</summary>
    public static ulong Take(int fd) => EventFd.Take(fd);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    private static partial int TimerFdCreateNative(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    private static partial int TimerFdSetNative(int fd, int flags, long* value, long* old);
}
