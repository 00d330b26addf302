using Gantry.Linux.Processes;

namespace Gantry.Engine.Daemon;

/// <summary>
/// Gives memory back once the engine rests. A collector that only runs when the next allocation needs room keeps what the last pull or
/// build took for as long as nobody asks for anything: 24 MiB instead of 8 were seen. The timer exists only between the end of a request
/// and the rest after it, so that an idle engine never wakes up.
/// </summary>
public sealed class MemoryRest : IDisposable
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);
    private const long WorthIt = 1024 * 1024;
    private readonly Action _parts;
    private readonly Timer _timer;
    private long _lastUse;
    private long _allocatedAtRest;
    private int _armed;

    /// <param name="parts">Lets the engine's parts drop what they can make anew, before the memory is given back.</param>
    public MemoryRest(Action parts)
    {
        _parts = parts;
        _timer = new Timer(_ => Rest());
    }

    /// <summary>A request ended. Cheap enough for each of them.</summary>
    public void Used()
    {
        Volatile.Write(ref _lastUse, Environment.TickCount64);
        if (Interlocked.Exchange(ref _armed, 1) == 0)
        {
            Arm(s_quiet);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Rest()
    {
        var wait = s_quiet - TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _lastUse));
        if (wait > TimeSpan.Zero)
        {
            Arm(wait);
            return;
        }

        Volatile.Write(ref _armed, 0);
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocatedAtRest < WorthIt)
        {
            return;
        }

        _parts();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
        _ = MappedFiles.LetGo();
        _allocatedAtRest = allocated;
    }

    private void Arm(TimeSpan wait)
    {
        try
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // the last requests of an engine that ends
        }
    }
}
