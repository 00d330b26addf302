using Gantry.Metadata;
using Gantry.Networks;

namespace Gantry.Engine.Networks;

/// <summary>The network service's records in the engine's database.</summary>
public sealed class NetworkStateStore : INetworkStateStore
{
    private readonly Database _database;

    public NetworkStateStore(Database database)
    {
        _database = database;
        database.Migrate("networks", "CREATE TABLE network_state (kind INTEGER NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID");
    }

    public IReadOnlyList<NetworkStateRecord> Load(NetworkStateKind kind) => _database.Read(session => session.Query(
        "SELECT id, json FROM network_state WHERE kind = ?1 ORDER BY id", row => new NetworkStateRecord(row.Text(0), row.Text(1)), (int)kind));

    public void Save(NetworkStateKind kind, string id, string json, bool durable) => _database.Write(
        durable ? Durability.Durable : Durability.Relaxed,
        session =>
        {
            session.Execute(
                "INSERT INTO network_state (kind, id, json) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json", (int)kind, id, json);
        });

    public void Delete(NetworkStateKind kind, string id, bool durable) => _database.Write(
        durable ? Durability.Durable : Durability.Relaxed,
        session =>
        {
            session.Execute("DELETE FROM network_state WHERE kind = ?1 AND id = ?2", (int)kind, id);
        },
        mayUseReserve: true);
}
