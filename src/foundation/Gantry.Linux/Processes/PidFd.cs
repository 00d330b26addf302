using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Processes by descriptor rather than by a number that may be reused (pidfd_open(2), kernel 5.3).</summary>
public static unsafe partial class PidFd
{
    // The generic table's numbers: the same on x86-64 and arm64.
    private const nint SysPidfdSendSignal = 424;
    private const nint SysPidfdOpen = 434;
    private const nint SysPidfdGetFd = 438;

    // _IOWR(0xFF, 11, struct pidfd_info) with the structure's first published size, 64 bytes (linux/pidfd.h, kernel 6.13).
    private const nuint GetInfo = 0xC040FF0B;
    private const ulong InfoExit = 1 << 3;
    private const int ExitCodeOffset = 60;

    /// <summary>Opens a process, close-on-exec; minus the errno when it can't be (ESRCH: gone).</summary>
    public static int TryOpen(int pid)
    {
        var fd = SyscallNative(SysPidfdOpen, pid, 0, 0, 0);
        return fd >= 0 ? (int)fd : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends a signal. Returns 0 or the errno (ESRCH: the process has ended).</summary>
    public static int TrySignal(int pidFd, int signal) =>
        SyscallNative(SysPidfdSendSignal, pidFd, signal, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Takes a duplicate of another process's descriptor; minus the errno on failure.</summary>
    public static int TryGetDescriptor(int pidFd, int descriptor)
    {
        var fd = SyscallNative(SysPidfdGetFd, pidFd, descriptor, 0, 0);
        return fd >= 0 ? (int)fd : -Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Reads the wait status of a process that has ended and was reaped, by whomever (PIDFD_INFO_EXIT, kernel 6.15).
    /// False when the kernel can't tell or the process has not been reaped yet.
    /// </summary>
    public static bool TryGetExitStatus(int pidFd, out int waitStatus)
    {
        var info = stackalloc byte[64];
        new Span<byte>(info, 64).Clear();
        *(ulong*)info = InfoExit;
        waitStatus = 0;
        if (IoctlNative(pidFd, GetInfo, info) < 0 || (*(ulong*)info & InfoExit) == 0)
        {
            return false;
        }

        waitStatus = *(int*)(info + ExitCodeOffset);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallNative(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(int fd, nuint request, void* argument);
}
