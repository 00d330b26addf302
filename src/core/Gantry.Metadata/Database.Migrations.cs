using Gantry.Errors;

namespace Gantry.Metadata;

public sealed partial class Database
{
    private readonly Dictionary<string, long> _versions;

    /// <summary>
    /// Brings the tables of <paramref name="module"/> up to date: step i (SQL text) leads from version i to i + 1; steps already done are
    /// skipped. Steps are only ever appended. All missing ones run in one durable transaction. Call at start-up, from one thread.
    /// </summary>
    /// <exception cref="GantryException">DataCorrupt: a newer Gantry wrote the database.</exception>
    public void Migrate(string module, params string[] steps)
    {
        var version = _versions.GetValueOrDefault(module);
        if (version > steps.Length)
        {
            throw GantryException.DataCorrupt(
                $"the database {_path} was written by a newer version of Gantry ({module} {version}, this one knows {steps.Length})");
        }

        if (version == steps.Length)
        {
            return;
        }

        Write(Durability.Durable, session =>
        {
            foreach (var step in steps.Skip((int)version))
            {
                session.ExecuteOnce(step);
            }

            session.Execute("INSERT OR REPLACE INTO schema_version(module, version) VALUES(?1, ?2)", module, steps.Length);
        });
        _versions[module] = steps.Length;
    }

    private Dictionary<string, long> LoadVersions()
    {
        if (_writer.QueryFirst("PRAGMA user_version", row => row.Int64(0)) == 0)
        {
            Write(Durability.Durable, session =>
            {
                session.ExecuteOnce("""
                    CREATE TABLE schema_version(module TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE TABLE record(kind TEXT NOT NULL, id TEXT NOT NULL, json BLOB NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
                    PRAGMA user_version = 1;
                    """);
            });
        }

        return _writer.Query("SELECT module, version FROM schema_version", row => KeyValuePair.Create(row.Text(0), row.Int64(1))).ToDictionary();
    }
}
