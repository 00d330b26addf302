using Gantry.Build.Graph;
using Gantry.Dockerfile;
using Gantry.Linux;
using Gantry.Metadata;

namespace Gantry.Build.Cache;

/// <summary>The directories of <c>RUN --mount=type=cache</c>: kept between builds, lent to steps.</summary>
internal sealed class CacheMounts
{
    private readonly string _root;
    private readonly Database _database;
    private readonly IdMaps? _ids;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _lent = [];
    private readonly Dictionary<string, SemaphoreSlim> _locks = [];

    /// <param name="ids">Maps of the user namespace that steps run in; null for none.</param>
    public CacheMounts(string root, Database database, IdMaps? ids)
    {
        _ids = ids;
        _root = root;
        _database = database;
        database.Migrate("build-mounts", """
            CREATE TABLE build_mount (id TEXT PRIMARY KEY, description TEXT NOT NULL, created INTEGER NOT NULL, used INTEGER NOT NULL, uses INTEGER NOT NULL) STRICT;
            """);
    }

    /// <summary>Lends the directory of a mount; with sharing <c>locked</c> when no other step has it, with <c>private</c> one of its own then.</summary>
    public async Task<BorrowedMount> BorrowAsync(RunMount mount, CancellationToken cancellationToken)
    {
        var name = mount.Id.Length > 0 ? mount.Id : mount.Target;
        var id = new KeyBuilder("cache-mount").Add(name).Add(mount.From).Add(mount.Source).Build().Hex[..25];
        var exclusive = mount.Sharing == CacheSharing.Shared ? null : LockOf(id);
        if (mount.Sharing == CacheSharing.Locked)
        {
            await exclusive!.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (exclusive is not null && !exclusive.Wait(0, CancellationToken.None))
        {
            (id, exclusive) = ($"{id}-{Guid.NewGuid():N}", null);
        }

        return Open(id, name, mount, exclusive);
    }

    public IReadOnlyList<CacheRecord> All()
    {
        var rows = _database.Read(session => session.Query(
            "SELECT id, description, created, used, uses FROM build_mount",
            row => (Id: row.Text(0), Description: row.Text(1), Created: row.Int64(2), Used: row.Int64(3), Uses: row.Int64(4))));
        return rows.Select(row => new CacheRecord
        {
            Id = row.Id,
            Parents = [],
            Type = CacheRecordType.CacheMount,
            Description = row.Description,
            ChainId = default,
            Size = SizeOf(Path.Combine(_root, row.Id)),
            Created = new DateTimeOffset(row.Created, TimeSpan.Zero),
            LastUsed = new DateTimeOffset(row.Used, TimeSpan.Zero),
            Uses = row.Uses,
            InUse = IsLent(row.Id),
        }).ToList();
    }

    /// <summary>Removes a directory that is not lent; false when it is.</summary>
    public bool Remove(string id)
    {
        lock (_lock)
        {
            if (_lent.ContainsKey(id))
            {
                return false;
            }

            var path = Path.Combine(_root, id);
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }

        _database.Write(Durability.Relaxed, session => session.Execute("DELETE FROM build_mount WHERE id = ?1", id));
        return true;
    }

    private BorrowedMount Open(string id, string name, RunMount mount, SemaphoreSlim? exclusive)
    {
        var path = Path.Combine(_root, id);
        bool isNew;
        lock (_lock)
        {
            _lent[id] = _lent.GetValueOrDefault(id) + 1;
            isNew = !Directory.Exists(path);
            if (isNew)
            {
                Directory.CreateDirectory(path);
                var (user, group) = ((uint)(mount.Uid ?? 0), (uint)(mount.Gid ?? 0));
                (user, group) = _ids?.ToHost(user, group) ?? (user, group);
                FileAt.Check(FileAt.TryChangeOwner(FileAt.CurrentDirectory, path, user, group), "chown", path);
                FileAt.Check(FileAt.TryChangeMode(FileAt.CurrentDirectory, path, mount.Mode ?? 0x1ed), "chmod", path);
            }
        }

        _database.Write(Durability.Relaxed, session => session.Execute(
            "INSERT INTO build_mount VALUES (?1, ?2, ?3, ?3, 1) ON CONFLICT(id) DO UPDATE SET used = ?3, uses = uses + 1",
            id, $"cached mount {mount.Target} with id {name}", DateTimeOffset.UtcNow.UtcTicks));
        return new BorrowedMount(path, isNew, () => Return(id, exclusive));
    }

    private void Return(string id, SemaphoreSlim? exclusive)
    {
        lock (_lock)
        {
            if (--_lent[id] == 0)
            {
                _lent.Remove(id);
            }
        }

        exclusive?.Release();
    }

    private bool IsLent(string id)
    {
        lock (_lock)
        {
            return _lent.ContainsKey(id);
        }
    }

    private SemaphoreSlim LockOf(string id)
    {
        lock (_lock)
        {
            if (!_locks.TryGetValue(id, out var semaphore))
            {
                _locks[id] = semaphore = new SemaphoreSlim(1, 1);
            }

            return semaphore;
        }
    }

    private static long SizeOf(string path)
    {
        if (!Directory.Exists(path))
        {
            return 0;
        }

        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        return new DirectoryInfo(path).EnumerateFiles("*", options).Sum(f => f.Length);
    }
}

/// <summary>A directory on loan; dispose to give it back.</summary>
internal sealed class BorrowedMount(string path, bool isNew, Action onReturn) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>Nothing is in it yet.</summary>
    public bool IsNew { get; } = isNew;

    public void Dispose() => onReturn();
}
