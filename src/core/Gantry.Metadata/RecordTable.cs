using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Errors;

namespace Gantry.Metadata;

/// <summary>JSON records of one kind by id: what a noun needs that is looked up by id or read whole.</summary>
public sealed class RecordTable<T>(Database database, string kind, JsonTypeInfo<T> type)
    where T : class
{
    public T? Find(string id) => database.Read(session => Find(session, id));

    public T? Find(DatabaseSession session, string id) =>
        session.QueryFirst("SELECT json FROM record WHERE kind = ?1 AND id = ?2", row => Parse(id, row.Bytes(0)), kind, id);

    /// <summary>All records by id, in ordinal order of the ids.</summary>
    public IReadOnlyList<KeyValuePair<string, T>> All() => database.Read(All);

    public IReadOnlyList<KeyValuePair<string, T>> All(DatabaseSession session) =>
        session.Query(
            "SELECT id, json FROM record WHERE kind = ?1 ORDER BY id",
            row => KeyValuePair.Create(row.Text(0), Parse(row.Text(0), row.Bytes(1))),
            kind);

    /// <summary>Inserts or replaces.</summary>
    /// <param name="mayUseReserve">The record tells what has happened: it may use the space kept for that on a full disk.</param>
    public void Put(string id, T record, Durability durability, bool mayUseReserve = false) =>
        database.Write(durability, session => Put(session, id, record), mayUseReserve);

    /// <summary>The same inside a transaction that <see cref="Database.Write(Durability, Action{DatabaseSession}, bool)"/> opened.</summary>
    public void Put(DatabaseSession session, string id, T record) =>
        session.Execute(
            "INSERT INTO record(kind, id, json) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET json = excluded.json",
            kind,
            id,
            JsonSerializer.SerializeToUtf8Bytes(record, type));

    /// <summary>False when there was no such record.</summary>
    public bool Delete(string id, Durability durability) => database.Write(durability, session => Delete(session, id), mayUseReserve: true);

    public bool Delete(DatabaseSession session, string id) => session.Execute("DELETE FROM record WHERE kind = ?1 AND id = ?2", kind, id) > 0;

    private T Parse(string id, byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw GantryException.DataCorrupt($"the {kind} record {id} can't be read: {e.Message}", e);
        }
    }
}
