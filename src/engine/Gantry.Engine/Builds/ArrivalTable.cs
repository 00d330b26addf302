using System.Collections.Concurrent;

namespace Gantry.Engine.Builds;

/// <summary>Things by the id a client gave them. Whoever asks for one a moment too early waits for it.</summary>
internal sealed class ArrivalTable<T>
    where T : class
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<T>> _entries = new();

    /// <summary>False when there is one of that id.</summary>
    internal bool TryAdd(string id, T item) => Entry(id).TrySetResult(item);

    internal bool Contains(string id) => _entries.TryGetValue(id, out var entry) && entry.Task.IsCompleted;

    internal void Remove(string id) => _entries.TryRemove(id, out _);

    /// <summary>The one with an id, or null when it doesn't come in time.</summary>
    internal async Task<T?> FindAsync(string id, TimeSpan patience, CancellationToken cancellationToken)
    {
        var entry = Entry(id);
        try
        {
            return await entry.Task.WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!entry.Task.IsCompleted)
        {
            // Made only to wait for.
            _entries.TryRemove(new KeyValuePair<string, TaskCompletionSource<T>>(id, entry));
            return null;
        }
        catch (OperationCanceledException) when (!entry.Task.IsCompleted)
        {
            _entries.TryRemove(new KeyValuePair<string, TaskCompletionSource<T>>(id, entry));
            throw;
        }
    }

    private TaskCompletionSource<T> Entry(string id) => _entries.GetOrAdd(id, static _ => new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously));
}
