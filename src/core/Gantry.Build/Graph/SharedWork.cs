using Gantry.Oci;

namespace Gantry.Build.Graph;

/// <summary>
/// Work under a key is done once, however many ask for it while it runs, in one build or several. It is cancelled when the last who waits
/// for it gives up, and that one returns only when it has ended.
/// </summary>
internal sealed class SharedWork<T>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, Entry> _running = [];

    /// <returns>The result, and whether someone else had started the work.</returns>
    public async Task<(T Result, bool Joined)> RunAsync(Digest key, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        Entry? entry;
        bool joined;
        lock (_lock)
        {
            joined = _running.TryGetValue(key, out entry);
            if (!joined)
            {
                _running[key] = entry = new Entry();
                entry.Task = StartAsync(key, entry, work);
            }

            entry!.Waiters++;
        }

        try
        {
            return (await entry.Task.WaitAsync(cancellationToken).ConfigureAwait(false), joined);
        }
        finally
        {
            await LeaveAsync(key, entry).ConfigureAwait(false);
        }
    }

    private async Task<T> StartAsync(Digest key, Entry entry, Func<CancellationToken, Task<T>> work)
    {
        // Off the lock, whatever the work does before its first wait.
        await Task.Yield();
        try
        {
            return await work(entry.Cancellation.Token).ConfigureAwait(false);
        }
        finally
        {
            Forget(key, entry);
        }
    }

    private async Task LeaveAsync(Digest key, Entry entry)
    {
        bool last;
        lock (_lock)
        {
            last = --entry.Waiters == 0;
        }

        if (!last)
        {
            return;
        }

        Forget(key, entry);
        if (!entry.Task.IsCompleted)
        {
            await entry.Cancellation.CancelAsync().ConfigureAwait(false);
        }

        await entry.Task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
            .ConfigureAwait(false);
        entry.Cancellation.Dispose();
    }

    private void Forget(Digest key, Entry entry)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(key, out var current) && ReferenceEquals(current, entry))
            {
                _running.Remove(key);
            }
        }
    }

    private sealed class Entry
    {
        internal CancellationTokenSource Cancellation { get; } = new();

        internal Task<T> Task { get; set; } = null!;

        internal int Waiters { get; set; }
    }
}
