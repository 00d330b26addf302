using System.Collections.Concurrent;
using Gantry.Build.Graph;
using Gantry.Content;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Build.Cache;

/// <summary>
/// Results of earlier steps by their keys, in the engine's database. A record names the layers it stands for; that they are there is
/// looked up each time, so a record may outlive its layers and is then forgotten. Written without waiting for the disk: what a power cut
/// takes is built again.
/// </summary>
internal sealed class BuildCache
{
    private readonly Database _database;
    private readonly LayerStore _layers;
    private readonly ConcurrentDictionary<string, int> _held = new();

    public BuildCache(Database database, LayerStore layers)
    {
        _database = database;
        _layers = layers;
        database.Migrate("build-cache", """
            CREATE TABLE build_record (
                id TEXT PRIMARY KEY, parents TEXT NOT NULL, type TEXT NOT NULL, description TEXT NOT NULL, comment TEXT NOT NULL,
                chain TEXT NOT NULL, diff TEXT NOT NULL, size INTEGER NOT NULL, created INTEGER NOT NULL, used INTEGER NOT NULL, uses INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE build_key (key TEXT PRIMARY KEY, record TEXT NOT NULL REFERENCES build_record(id) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
            CREATE INDEX build_key_record ON build_key(record);
            """);
    }

    /// <summary>The result under a key whose layers are there, now protected by the lease; null when there is none.</summary>
    public (string Id, LayerResult Result)? Find(Digest key, ContentLease lease)
    {
        var found = _database.Read(session => session.QueryFirst(
            "SELECT r.id, r.chain, r.diff, r.created, r.size, r.comment FROM build_key k JOIN build_record r ON r.id = k.record WHERE k.key = ?1",
            row => (Id: row.Text(0), Result: new LayerResult(ParseOrEmpty(row.Text(1)), ParseOrEmpty(row.Text(2)), FromTicks(row.Int64(3)), row.Int64(4), row.Text(5))),
            key.ToString()));
        if (found.Result is null)
        {
            return null;
        }

        if (!found.Result.ChainId.IsEmpty)
        {
            lease.Protect(found.Result.ChainId);
            if (!_layers.Exists(found.Result.ChainId))
            {
                Remove([found.Id]);
                return null;
            }
        }

        return found;
    }

    /// <returns>The record's id.</returns>
    public string Add(Vertex vertex, Digest? contentKey, LayerResult result)
    {
        var id = vertex.Definition.Hex[..25];
        var parents = string.Join(' ', vertex.Inputs.Select(i => i.Known?.ChainId.ToString() ?? string.Empty));
        var type = result.DiffId.IsEmpty ? CacheRecordType.Internal : CacheRecordType.Regular;
        _database.Write(Durability.Relaxed, session =>
        {
            session.Execute("DELETE FROM build_key WHERE record = ?1", id);
            session.Execute(
                "INSERT OR REPLACE INTO build_record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 1)",
                id, parents, type, vertex.Operation!.Description, result.Comment, result.ChainId.ToString(), result.DiffId.ToString(), result.Size,
                result.Created.UtcTicks);
            session.Execute("INSERT OR REPLACE INTO build_key VALUES (?1, ?2)", vertex.Definition.ToString(), id);
            if (contentKey is { } content)
            {
                session.Execute("INSERT OR REPLACE INTO build_key VALUES (?1, ?2)", content.ToString(), id);
            }
        });
        return id;
    }

    /// <summary>Gives a record found by <paramref name="existing"/> one more name.</summary>
    public void AddName(Digest key, Digest existing) => _database.Write(Durability.Relaxed, session =>
        session.Execute("INSERT OR REPLACE INTO build_key SELECT ?1, record FROM build_key WHERE key = ?2", key.ToString(), existing.ToString()));

    /// <summary>Writes down that a build used these records.</summary>
    public void NoteUses(IReadOnlyCollection<string> ids)
    {
        if (ids.Count == 0)
        {
            return;
        }

        _database.Write(Durability.Relaxed, session =>
        {
            foreach (var id in ids)
            {
                session.Execute("UPDATE build_record SET used = ?1, uses = uses + 1 WHERE id = ?2", DateTimeOffset.UtcNow.UtcTicks, id);
            }
        });
    }

    /// <summary>A running build uses the record.</summary>
    public void Hold(string id) => _held.AddOrUpdate(id, 1, (_, count) => count + 1);

    public void Release(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            _held.AddOrUpdate(id, 0, (_, count) => count - 1);
            _held.TryRemove(new KeyValuePair<string, int>(id, 0));
        }
    }

    /// <summary>All records, those used last first.</summary>
    public IReadOnlyList<CacheRecord> All() => _database.Read(session => session.Query(
        "SELECT id, parents, type, description, chain, size, created, used, uses FROM build_record ORDER BY used DESC, id",
        row => new CacheRecord
        {
            Id = row.Text(0),
            Parents = row.Text(1).Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Type = row.Text(2),
            Description = row.Text(3),
            ChainId = ParseOrEmpty(row.Text(4)),
            Size = row.Int64(5),
            Created = FromTicks(row.Int64(6)),
            LastUsed = FromTicks(row.Int64(7)),
            Uses = row.Int64(8),
            InUse = _held.ContainsKey(row.Text(0)),
        }));

    public void Remove(IReadOnlyCollection<string> ids) => _database.Write(Durability.Relaxed, session =>
    {
        foreach (var id in ids)
        {
            session.Execute("DELETE FROM build_key WHERE record = ?1", id);
            session.Execute("DELETE FROM build_record WHERE id = ?1", id);
        }
    });

    private static Digest ParseOrEmpty(string text) => text.Length == 0 ? default : Digest.Parse(text);

    private static DateTimeOffset FromTicks(long ticks) => new(ticks, TimeSpan.Zero);
}
