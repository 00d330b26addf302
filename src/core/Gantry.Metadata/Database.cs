using System.Collections.Concurrent;
using Gantry.Errors;
using Microsoft.Data.Sqlite;

namespace Gantry.Metadata;

/// <summary>
/// The engine's one SQLite file in WAL mode. One writer at a time, any number of readers beside it; each reader sees the last
/// committed state. Work given to <see cref="Read"/> and <see cref="Write"/> runs on the caller's thread and must not block on anything else.
/// How durability works: docs/design/database.md.
/// </summary>
public sealed partial class Database : IDisposable
{
    private const int MaxIdleReaders = 8;
    private const int DiskFull = 13;

    private readonly string _path;
    private readonly Lock _writeLock = new();
    private readonly DatabaseSession _writer;
    private readonly ConcurrentBag<DatabaseSession> _readers = [];
    private readonly WalFile _wal;
    private readonly Checkpointer _checkpointer;
    private readonly SpaceReserve _reserve;
    private long _commits;
    private bool _disposed;

    private Database(string path, DatabaseSession writer)
    {
        _path = path;
        _writer = writer;
        _wal = new WalFile(path + "-wal");
        _checkpointer = new Checkpointer(path);
        _reserve = new SpaceReserve(path + "-reserve");
        _reserve.Refill();
        _versions = LoadVersions();
    }

    /// <summary>Opens or creates the database file; its directory must exist.</summary>
    /// <exception cref="GantryException">DataCorrupt: the file is not a sound database, or a newer Gantry wrote it.</exception>
    public static Database Open(string path)
    {
        var isNew = !File.Exists(path);
        try
        {
            var writer = DatabaseSession.OpenWriter(path);
            try
            {
                var database = new Database(path, writer);
                if (isNew)
                {
                    database.SyncDirectory();
                }

                return database;
            }
            catch
            {
                writer.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            throw Translate(e, path);
        }
    }

    /// <summary>Runs queries on a reader connection, all of them on the same state.</summary>
    public T Read<T>(Func<DatabaseSession, T> work)
    {
        var session = _readers.TryTake(out var idle) ? idle : OpenReader();
        try
        {
            session.Begin(immediate: false);
            try
            {
                return work(session);
            }
            finally
            {
                session.End(commit: true);
            }
        }
        catch (SqliteException e)
        {
            throw Translate(e, _path);
        }
        finally
        {
            if (_disposed || _readers.Count >= MaxIdleReaders)
            {
                session.Dispose();
            }
            else
            {
                _readers.Add(session);
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> in the one write transaction; it is undone when the delegate throws.</summary>
    /// <param name="mayUseReserve">
    /// Whether the write makes room or records what has happened: on a full disk it gets the space that is kept for such writes. It is run again
    /// then.
    /// </param>
    /// <exception cref="GantryException">ResourceExhausted: no space left.</exception>
    public T Write<T>(Durability durability, Func<DatabaseSession, T> work, bool mayUseReserve = false)
    {
        long commit;
        T result;
        try
        {
            lock (_writeLock)
            {
                result = TransactWithReserve(work, mayUseReserve);
                commit = ++_commits;
            }

            if (durability == Durability.Durable)
            {
                _wal.SyncUpTo(commit, () => Volatile.Read(ref _commits));
            }
        }
        catch (SqliteException e)
        {
            throw Translate(e, _path);
        }

        _checkpointer.Written();
        _reserve.Refill();
        return result;
    }

    /// <inheritdoc cref="Write{T}(Durability, Func{DatabaseSession, T}, bool)"/>
    public void Write(Durability durability, Action<DatabaseSession> work, bool mayUseReserve = false) =>
        Write(durability, session =>
        {
            work(session);
            return true;
        }, mayUseReserve);

    /// <summary>Waits for running work and folds the write-ahead log into the file.</summary>
    public void Dispose()
    {
        lock (_writeLock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _checkpointer.Dispose();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _wal.Dispose();
        _writer.Dispose();
    }

    private T TransactWithReserve<T>(Func<DatabaseSession, T> work, bool mayUseReserve)
    {
        try
        {
            return Transact(work);
        }
        catch (SqliteException e) when (mayUseReserve && e.SqliteErrorCode == DiskFull && _reserve.Release())
        {
            return Transact(work);
        }
    }

    private T Transact<T>(Func<DatabaseSession, T> work)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _writer.Begin(immediate: true);
        try
        {
            var result = work(_writer);
            _writer.End(commit: true);
            return result;
        }
        finally
        {
            _writer.RollBackIfOpen();
        }
    }

    private DatabaseSession OpenReader()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return DatabaseSession.OpenReader(_path);
    }

    /// <summary>Makes the new file's name survive a power cut.</summary>
    private void SyncDirectory()
    {
        var directory = Linux.FileAt.OpenDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        try
        {
            Linux.FileData.Sync(directory);
        }
        finally
        {
            Linux.FileAt.Close(directory);
        }
    }

    private static GantryException Translate(SqliteException e, string path) => e.SqliteErrorCode switch
    {
        11 or 26 => GantryException.DataCorrupt($"the database {path} is damaged ({e.Message}); move it away to start with an empty one", e),
        DiskFull => new GantryException(ErrorKind.ResourceExhausted, $"no space left on device: {path}", e),
        14 => GantryException.Internal($"the database {path} can't be opened", e),
        5 or 6 => GantryException.Unavailable($"the database {path} is in use by another program", e),
        _ => GantryException.Internal($"database: {e.Message}", e),
    };
}
