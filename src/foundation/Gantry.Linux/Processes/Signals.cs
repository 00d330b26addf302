using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Signal numbers (the same on x86-64 and arm64) and sending by pid.</summary>
public static partial class Signals
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGKILL = 9;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGWINCH = 28;
    public const int Max = 64;

    private const nint Ignored = 1;

    /// <summary>Sends a signal to a process id. Returns 0 or the errno. Prefer <see cref="PidFd.TrySignal"/>.</summary>
    public static int TrySend(int pid, int signal) => KillNative(pid, signal) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Ignores a signal in this process; programs started with <see cref="ProcessSpawn"/> get the default again.</summary>
    public static void Ignore(int signal) => _ = SignalNative(signal, Ignored);

    /// <summary>
    /// Gives a signal its default effect again. A shell without job control starts background programs with SIGINT ignored, and a handler that .NET
    /// installs on top of that is never called. Call before anything of .NET handles the signal.
    /// </summary>
    public static void RestoreDefault(int signal) => _ = SignalNative(signal, 0);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillNative(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SignalNative(int signal, nint handler);
}
