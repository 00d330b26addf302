using Gantry.Errors;

namespace Gantry.Metadata;

/// <summary>
/// The engine's one SQLite file in WAL mode. One writer at a time, any number of readers beside it; each reader sees the last
/// committed state. Work given to <see cref="Read"/> and <see cref="Write"/> runs on the caller's thread and must not block on anything else.
/// </summary>
public sealed partial class Database : IDisposable
{
    /// <summary>Opens or creates the database file; its directory must exist.</summary>
    /// <exception cref="GantryException">DataCorrupt: the file is not a sound database, or a newer Gantry wrote it.</exception>
    public static Database Open(string path) => throw GantryException.NotImplemented(path);

    /// <summary>
    /// Brings the tables of <paramref name="module"/> up to date: step i (SQL text) leads from version i to i + 1; steps already done are
    /// skipped. Steps are only ever appended. All missing ones run in one durable transaction.
    /// </summary>
    public void Migrate(string module, params string[] steps) => throw GantryException.NotImplemented(module);

    /// <summary>Runs a query on a reader connection.</summary>
    public T Read<T>(Func<DatabaseSession, T> work) => throw GantryException.NotImplemented("read");

    /// <summary>Runs <paramref name="work"/> in the one write transaction; it is undone when the delegate throws.</summary>
    public T Write<T>(Durability durability, Func<DatabaseSession, T> work) => throw GantryException.NotImplemented("write");

    /// <inheritdoc cref="Write{T}(Durability, Func{DatabaseSession, T})"/>
    public void Write(Durability durability, Action<DatabaseSession> work) => throw GantryException.NotImplemented("write");

    public void Dispose() => GC.SuppressFinalize(this);
}
