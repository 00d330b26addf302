namespace Gantry.Logs;

/// <summary>One pass over a log: what the query wants, where it has come to, and the batch being filled.</summary>
internal sealed class LogPass
{
    private readonly LogBlocks _blocks = new();
    private readonly List<LogEntry> _batch = [];
    private readonly LogQuery _query;
    private readonly long _since;
    private readonly long _until;
    private long _skipUntil = long.MinValue;

    public LogPass(LogQuery query)
    {
        _query = query;
        _since = query.Since is { } since ? LogTimestamp.FromTime(since) : long.MinValue;
        _until = query.Until is { } until ? LogTimestamp.FromTime(until) : long.MaxValue;
    }

    /// <summary>The time of the last entry that was looked at.</summary>
    public long LastTimestamp { get; private set; } = long.MinValue;

    /// <summary>An entry after the query's end was met: nothing more is wanted.</summary>
    public bool IsPastEnd { get; private set; }

    /// <summary>Fills a batch with what one read of the file gives; null at the file's present end. The batch may be empty.</summary>
    public IReadOnlyList<LogEntry>? Next(LogFile file)
    {
        _batch.Clear();
        var n = file.Read(_blocks.Room());
        if (n == 0)
        {
            return null;
        }

        _blocks.Added(n);
        while (!IsPastEnd && _blocks.TryTake(out var line))
        {
            if (JsonLogParser.TryParse(line, out var entry))
            {
                Take(entry);
            }
        }

        return _batch;
    }

    /// <summary>Reading goes on in another file.</summary>
    public void NextFile() => _blocks.Reset();

    /// <summary>Leaves out what has been given already, when files must be gone through again after rotations.</summary>
    public void SkipGiven() => _skipUntil = LastTimestamp;

    private void Take(LogEntry entry)
    {
        if (entry.Timestamp > _until)
        {
            IsPastEnd = true;
            return;
        }

        if (entry.Timestamp <= _skipUntil)
        {
            return;
        }

        LastTimestamp = Math.Max(LastTimestamp, entry.Timestamp);
        if (entry.Timestamp >= _since && (entry.Stream == LogStream.Stdout ? _query.Stdout : _query.Stderr))
        {
            _batch.Add(entry);
        }
    }
}
