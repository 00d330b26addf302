using Gantry.Logs;

namespace Gantry.Engine.Containers.Logs;

/// <summary>
/// Entries that wait for a destination in memory, up to a number of bytes: what comes while it is full is dropped, as Docker's non-blocking mode does.
/// One writer, one reader.
/// </summary>
internal sealed class LogQueue(long limit)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _available = new(0);
    private List<LogEntry> _entries = [];
    private long _bytes;
    private bool _ended;

    /// <summary>How many entries were dropped.</summary>
    internal long Dropped { get; private set; }

    internal void Add(in LogEntry entry)
    {
        lock (_lock)
        {
            if (_entries.Count > 0 && _bytes + entry.Line.Length > limit)
            {
                Dropped++;
                return;
            }

            _entries.Add(entry with { Line = entry.Line.ToArray(), Attributes = default });
            _bytes += entry.Line.Length;
        }

        _available.Release();
    }

    internal void End()
    {
        lock (_lock)
        {
            _ended = true;
        }

        _available.Release();
    }

    /// <summary>All that waits, in order; empty at the end.</summary>
    internal async Task<IReadOnlyList<LogEntry>> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _available.WaitAsync(cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                if (_entries.Count > 0)
                {
                    var taken = _entries;
                    (_entries, _bytes) = ([], 0);
                    if (_ended)
                    {
                        _available.Release();
                    }

                    return taken;
                }

                if (_ended)
                {
                    return [];
                }
            }
        }
    }
}
