using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Reaping children (waitid(2), waitpid(2)).</summary>
public static partial class ChildProcesses
{
    private const int NoHang = 1;

    /// <summary>
    /// Reaps one ended child of any kind without waiting. Returns its pid and wait status, 0 when none has ended, or minus the errno (ECHILD: no children).
    /// </summary>
    public static int TryReapAny(out int waitStatus) => TryReap(-1, out waitStatus);

    /// <summary>As <see cref="TryReapAny"/> for one child.</summary>
    public static int TryReap(int pid, out int waitStatus)
    {
        while (true)
        {
            var reaped = WaitPidNative(pid, out waitStatus, NoHang);
            if (reaped >= 0)
            {
                return reaped;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Errno.EINTR)
            {
                return -error;
            }
        }
    }

    /// <summary>Waits for one child to end and reaps it; the wait status, or null when it is no child of ours.</summary>
    public static int? Wait(int pid)
    {
        while (true)
        {
            if (WaitPidNative(pid, out var status, 0) == pid)
            {
                return status;
            }

            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                return null;
            }
        }
    }

    /// <summary>A wait status as a shell reports it: the exit code, or 128 + n for signal n.</summary>
    public static int ExitCode(int waitStatus)
    {
        var signal = waitStatus & 0x7F;
        return signal == 0 ? (waitStatus >> 8) & 0xFF : 128 + signal;
    }

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPidNative(int pid, out int status, int options);
}
