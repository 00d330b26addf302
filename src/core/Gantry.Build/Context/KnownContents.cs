namespace Gantry.Build.Context;

/// <summary>
/// Checksums of files that clients sent before, so that a build whose files are as they were moves none of them. A folder is known by what its client calls
/// it (BuildKit's shared key); a file counts as the same when its size and time are. In memory only, bounded, and forgotten when no build comes for a while.
/// Thread-safe.
/// </summary>
internal sealed class KnownContents : IDisposable
{
    private const int MaxFolders = 32;
    private const int MaxFiles = 200_000;
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(20);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, KnownFolder> _folders = [];
    private readonly LinkedList<string> _order = new();
    private readonly Timer _forget;

    public KnownContents() => _forget = new Timer(static self => ((KnownContents)self!).Forget(), this, Timeout.Infinite, Timeout.Infinite);

    /// <summary>What is known of a folder; <see cref="Keep"/> takes what the build came to know.</summary>
    public KnownFolder Open(string key)
    {
        lock (_lock)
        {
            return new KnownFolder(key, _folders.GetValueOrDefault(key));
        }
    }

    public void Keep(KnownFolder folder)
    {
        lock (_lock)
        {
            if (folder.Key.Length == 0 || folder.Count > MaxFiles)
            {
                return;
            }

            folder.Close();
            _order.Remove(folder.Key);
            _order.AddFirst(folder.Key);
            _folders[folder.Key] = folder;
            while (_order.Count > MaxFolders || _folders.Values.Sum(f => f.Count) > MaxFiles)
            {
                _folders.Remove(_order.Last!.Value);
                _order.RemoveLast();
            }

            _forget.Change(s_memory, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _forget.Dispose();

    private void Forget()
    {
        lock (_lock)
        {
            _folders.Clear();
            _order.Clear();
        }
    }
}

/// <summary>The files of a folder as one build saw them. Thread-safe.</summary>
internal sealed class KnownFolder(string key, KnownFolder? before)
{
    private readonly Dictionary<string, (long Size, long Modified, byte[] Hash)> _files = [];
    private KnownFolder? _before = before;

    public string Key => key;

    public int Count
    {
        get
        {
            lock (_files)
            {
                return _files.Count;
            }
        }
    }

    /// <summary>The checksum of a file that was the same before; empty for none.</summary>
    public byte[] Find(string path, long size, long modified)
    {
        if (_before?.Get(path) is not var (oldSize, oldModified, hash) || oldSize != size || oldModified != modified)
        {
            return [];
        }

        Note(path, size, modified, hash);
        return hash;
    }

    public void Note(string path, long size, long modified, byte[] hash)
    {
        lock (_files)
        {
            _files[path] = (size, modified, hash);
        }
    }

    /// <summary>Lets go of the build before.</summary>
    public void Close() => _before = null;

    private (long Size, long Modified, byte[] Hash)? Get(string path)
    {
        lock (_files)
        {
            return _files.TryGetValue(path, out var file) ? file : null;
        }
    }
}
