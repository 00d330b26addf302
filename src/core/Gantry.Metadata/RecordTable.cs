using System.Text.Json.Serialization.Metadata;
using Gantry.Errors;

namespace Gantry.Metadata;

/// <summary>JSON records of one kind by id: what a noun needs that is looked up by id or read whole.</summary>
public sealed class RecordTable<T>(Database database, string kind, JsonTypeInfo<T> type)
    where T : class
{
    public T? Find(string id) => throw GantryException.NotImplemented($"{database} {kind} {type}");

    /// <summary>All records by id, in id order.</summary>
    public IReadOnlyList<KeyValuePair<string, T>> All() => throw GantryException.NotImplemented(kind);

    /// <summary>Inserts or replaces.</summary>
    public void Put(string id, T record, Durability durability) => throw GantryException.NotImplemented(id);

    /// <summary>The same inside a transaction that <see cref="Database.Write(Durability, Action{DatabaseSession})"/> opened.</summary>
    public void Put(DatabaseSession session, string id, T record) => throw GantryException.NotImplemented(id);

    /// <summary>False when there was no such record.</summary>
    public bool Delete(string id, Durability durability) => throw GantryException.NotImplemented(id);

    public bool Delete(DatabaseSession session, string id) => throw GantryException.NotImplemented(id);
}
