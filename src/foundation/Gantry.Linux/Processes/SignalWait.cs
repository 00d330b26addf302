using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>
/// Every signal that a process can pass on, one at a time (sigwait(3)). Left out: SIGKILL and SIGSTOP, the faults a process causes itself
/// (their handlers must run), terminal stops, and the first real-time signal, which the .NET runtime interrupts its threads with.
/// </summary>
public static unsafe partial class SignalWait
{
    private const int SetSize = 128;
    private const int Block = 0;
    private const int FirstRealTime = 34;

    // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTTIN, SIGTTOU, SIGSYS.
    private static ReadOnlySpan<byte> LeftOut => [4, 5, 6, 7, 8, Signals.SIGKILL, 11, Signals.SIGSTOP, 21, 22, 31];

    /// <summary>Blocks them in the calling thread; true when they were blocked before, which is so in every thread then.</summary>
    public static bool BlockInThread()
    {
        var set = stackalloc byte[SetSize];
        var old = stackalloc byte[SetSize];
        Fill(set);
        var error = ThreadMaskNative(Block, set, old);
        if (error != 0)
        {
            throw new LinuxException("pthread_sigmask", error);
        }

        return new Span<byte>(old, SetSize).IndexOfAnyExcept((byte)0) >= 0 && Covers(old, set);
    }

    /// <summary>Waits for the next one. All threads must block them.</summary>
    public static int Next()
    {
        var set = stackalloc byte[SetSize];
        Fill(set);
        var error = WaitNative(set, out var signal);
        return error == 0 ? signal : throw new LinuxException("sigwait", error);
    }

    private static void Fill(byte* set)
    {
        new Span<byte>(set, SetSize).Clear();
        for (var signal = 1; signal <= Signals.Max; signal++)
        {
            // 32 and 33 are the C library's own.
            if (!LeftOut.Contains((byte)signal) && signal is not (32 or 33 or FirstRealTime))
            {
                SignalFd.AddToSet(set, signal);
            }
        }
    }

    private static bool Covers(byte* old, byte* set)
    {
        for (var i = 0; i < SetSize; i++)
        {
            if ((old[i] & set[i]) != set[i])
            {
                return false;
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int ThreadMaskNative(int how, byte* set, byte* old);

    [LibraryImport("libc", EntryPoint = "sigwait")]
    private static partial int WaitNative(byte* set, out int signal);
}
