using Gantry.Linux;

namespace Gantry.IO.Durability;

/// <summary>
/// Remembers which things were put into a store since its last sync, by empty files <c>DIR/BOOT-ID/NAME</c>. Those left over from an earlier
/// boot may have lost their content with the power and are suspect. Costs one small file a thing and no fsync
/// (docs/design/durability.md).
/// </summary>
public sealed class UnsyncedJournal
{
    private readonly string _directory;
    private readonly Lock _lock = new();
    private readonly int _fd;
    private HashSet<string> _pending = new(StringComparer.Ordinal);

    private UnsyncedJournal(string directory)
    {
        _directory = directory;
        var current = Path.Combine(directory, BootId.Current);
        Directory.CreateDirectory(current);
        _fd = FileAt.OpenDirectory(current);
        _pending.UnionWith(Directory.EnumerateFiles(current).Select(f => Path.GetFileName(f)));
    }

    /// <summary>Opens the journal and hands every suspect name to <paramref name="suspect"/>, which checks or removes the thing.</summary>
    /// <param name="directory">Made when missing; on the store's file system.</param>
    public static UnsyncedJournal Open(string directory, Action<string> suspect)
    {
        Directory.CreateDirectory(directory);
        foreach (var boot in Directory.GetDirectories(directory).Where(d => Path.GetFileName(d) != BootId.Current))
        {
            foreach (var file in Directory.GetFiles(boot))
            {
                suspect(Path.GetFileName(file));
                File.Delete(file);
            }

            Directory.Delete(boot);
        }

        return new UnsyncedJournal(directory);
    }

    /// <summary>Call before the thing becomes visible.</summary>
    public void Mark(string name)
    {
        lock (_lock)
        {
            if (_pending.Add(name))
            {
                FileAt.Close(FileAt.Open(_fd, name, OpenAtFlags.WriteOnly | OpenAtFlags.Create, 0x180));
            }
        }
    }

    /// <summary>Waits until everything marked so far (and all else on the file system) is on the disk; immediate when nothing is marked.</summary>
    public void Sync()
    {
        HashSet<string> covered;
        lock (_lock)
        {
            if (_pending.Count == 0)
            {
                return;
            }

            covered = _pending;
            _pending = new(StringComparer.Ordinal);
        }

        try
        {
            FileSystems.Sync(_fd);
        }
        catch
        {
            lock (_lock)
            {
                _pending.UnionWith(covered);
            }

            throw;
        }

        Forget(covered);
    }

    public override string ToString() => _directory;

    private void Forget(HashSet<string> names)
    {
        lock (_lock)
        {
            foreach (var name in names.Where(n => !_pending.Contains(n)))
            {
                _ = FileAt.TryUnlink(_fd, name);
            }
        }
    }
}
