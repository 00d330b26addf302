using Gantry.Linux;

namespace Gantry.Logs;

/// <summary>Reads through a log's files and on in the live one, over rotations.</summary>
internal sealed class LogCursor(string path, LogQuery query) : IDisposable
{
    private readonly LogPass _pass = new(query);
    private LogFile? _live;
    private LogFile? _last;

    /// <summary>An entry after the query's end was met: nothing more is wanted.</summary>
    public bool IsDone => _pass.IsPastEnd;

    /// <summary>Everything there is now that the query wants.</summary>
    public IEnumerable<IReadOnlyList<LogEntry>> ReadExisting()
    {
        using var files = LogFileSet.Open(path);
        if (query.Tail is { } tail)
        {
            files.SeekTail(tail);
        }
        else if (query.Since is { } since)
        {
            files.SeekTime(LogTimestamp.FromTime(since));
        }

        foreach (var batch in Read(files))
        {
            yield return batch;
        }
    }

    /// <summary>What has come since.</summary>
    public IEnumerable<IReadOnlyList<LogEntry>> ReadNew()
    {
        // Looked at before reading: what was written before a rotation is in the file we have open.
        var isRotated = IsRotated();
        foreach (var batch in Read(_live))
        {
            yield return batch;
        }

        if (isRotated && !IsDone)
        {
            // More than one rotation may have passed; what was given is recognised by its time.
            _live?.Dispose();
            _live = null;
            _pass.SkipGiven();
            using var files = LogFileSet.Open(path);
            files.SeekTime(_pass.LastTimestamp);
            foreach (var batch in Read(files))
            {
                yield return batch;
            }
        }
    }

    /// <summary>True when the name stands for another file than the one being read.</summary>
    public bool IsRotated()
    {
        try
        {
            return _live is null ? File.Exists(path) : !_live.IsSameFile(FileIdentity.Of(path));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            // Between rename and creation, or removed with its container.
            return false;
        }
    }

    public void Dispose() => _live?.Dispose();

    private IEnumerable<IReadOnlyList<LogEntry>> Read(LogFileSet files)
    {
        _live = files.TakeNewest();
        foreach (var batch in files.Files.SelectMany(Read).Concat(Read(_live)))
        {
            yield return batch;
        }
    }

    private IEnumerable<IReadOnlyList<LogEntry>> Read(LogFile? file)
    {
        if (file != _last)
        {
            _pass.NextFile();
            _last = file;
        }

        while (file is not null && !IsDone && _pass.Next(file) is { } batch)
        {
            if (batch.Count > 0)
            {
                yield return batch;
            }
        }
    }
}
