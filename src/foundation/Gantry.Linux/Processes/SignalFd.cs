using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>
/// Signals as readable data (signalfd(2)). Works only when every thread blocks the signal: a .NET process has threads before Main, so it must
/// be started with the signal blocked already (<see cref="SpawnOptions.BlockChildSignal"/>).
/// </summary>
public static unsafe partial class SignalFd
{
    private const int SetSize = 128;
    private const int Block = 0;
    private const int InfoSize = 128;

    /// <summary>A non-blocking, close-on-exec descriptor for one signal; the caller closes it.</summary>
    public static int Create(int signal)
    {
        var set = stackalloc byte[SetSize];
        new Span<byte>(set, SetSize).Clear();
        AddToSet(set, signal);
        var fd = SignalFdNative(-1, set, (int)(OpenFlags.CloseOnExec | OpenFlags.NonBlocking));
        return fd >= 0 ? fd : throw LinuxException.FromLastError("signalfd");
    }

    /// <summary>Blocks a signal in the calling thread; true when it was blocked before.</summary>
    public static bool BlockInThread(int signal)
    {
        var set = stackalloc byte[SetSize];
        var old = stackalloc byte[SetSize];
        new Span<byte>(set, SetSize).Clear();
        AddToSet(set, signal);
        var error = ThreadMaskNative(Block, set, old);
        return error == 0 ? Contains(old, signal) : throw new LinuxException("pthread_sigmask", error);
    }

    /// <summary>Discards what is queued.</summary>
    public static void Drain(int fd)
    {
        var buffer = stackalloc byte[InfoSize * 4];
        while (RawFiles.TryRead(fd, buffer, InfoSize * 4) > 0)
        {
        }
    }

    internal static void AddToSet(byte* set, int signal) => set[(signal - 1) / 8] |= (byte)(1 << ((signal - 1) % 8));

    private static bool Contains(byte* set, int signal) => (set[(signal - 1) / 8] & (1 << ((signal - 1) % 8))) != 0;

    [LibraryImport("libc", EntryPoint = "signalfd", SetLastError = true)]
    private static partial int SignalFdNative(int fd, byte* set, int flags);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int ThreadMaskNative(int how, byte* set, byte* old);
}
