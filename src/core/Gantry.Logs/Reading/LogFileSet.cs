namespace Gantry.Logs;

/// <summary>A log's files at one moment, oldest first, each once however rotation moves them while they are opened.</summary>
internal sealed class LogFileSet : IDisposable
{
    private readonly List<LogFile> _files = [];

    private LogFileSet()
    {
    }

    public IReadOnlyList<LogFile> Files => _files;

    /// <summary>Opens the live file first and the older ones after it: a rotation meanwhile makes a file turn up twice, never not at all.</summary>
    public static LogFileSet Open(string path)
    {
        var set = new LogFileSet();
        set.Add(LogFile.TryOpen(path));
        for (var i = 1; ; i++)
        {
            var file = LogFile.TryOpen($"{path}.{i}") ?? LogFile.TryOpen($"{path}.{i}{LogRotation.CompressedSuffix}");
            if (file is null)
            {
                break;
            }

            set.Add(file);
        }

        set._files.Reverse();
        return set;
    }

    /// <summary>Moves to the last lines of the whole log; earlier files are left out.</summary>
    public void SeekTail(int count)
    {
        var left = count;
        for (var i = _files.Count - 1; i >= 0; i--)
        {
            if (left == 0)
            {
                _files[i].Dispose();
                _files.RemoveAt(i);
            }
            else
            {
                left -= _files[i].SeekTail(left);
            }
        }
    }

    /// <summary>Moves every file near the first entry at or after a time.</summary>
    public void SeekTime(long timestamp) => _files.ForEach(file => file.SeekTime(timestamp));

    /// <summary>Takes the newest file out of the set: it is the caller's now. Null when there is none.</summary>
    public LogFile? TakeNewest()
    {
        var file = _files.Count > 0 ? _files[^1] : null;
        if (file is not null)
        {
            _files.RemoveAt(_files.Count - 1);
        }

        return file;
    }

    public void Dispose() => _files.ForEach(static file => file.Dispose());

    private void Add(LogFile? file)
    {
        if (file is not null && !_files.Exists(other => other.IsSameFile(file.Identity)))
        {
            _files.Add(file);
        }
        else
        {
            file?.Dispose();
        }
    }
}
