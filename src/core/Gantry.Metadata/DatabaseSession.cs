using Microsoft.Data.Sqlite;

namespace Gantry.Metadata;

/// <summary>
/// One connection while it is lent to a caller. Statements are prepared once per connection and kept, so their text must be constant;
/// parameters are ?1, ?2, ... Arguments are null, long, int, bool, string or byte[].
/// </summary>
public sealed class DatabaseSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private bool _inTransaction;

    private DatabaseSession(SqliteConnection connection) => _connection = connection;

    /// <summary>Runs a statement and returns the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments) => Prepare(sql, arguments).ExecuteNonQuery();

    /// <summary>Maps every row.</summary>
    public List<T> Query<T>(string sql, Func<DatabaseRow, T> map, params ReadOnlySpan<object?> arguments)
    {
        var rows = new List<T>();
        using var reader = Prepare(sql, arguments).ExecuteReader();
        while (reader.Read())
        {
            rows.Add(map(new DatabaseRow(reader)));
        }

        return rows;
    }

    /// <summary>Maps the first row, or returns default when there is none.</summary>
    public T? QueryFirst<T>(string sql, Func<DatabaseRow, T> map, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Prepare(sql, arguments).ExecuteReader();
        return reader.Read() ? map(new DatabaseRow(reader)) : default;
    }

    /// <summary>Closes the connection; callers of <see cref="Database"/> have no reason to.</summary>
    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    /// <summary>
    /// A commit writes to the WAL without fsync (synchronous=NORMAL); <see cref="WalFile"/> adds it where asked for. Checkpoints are made
    /// by <see cref="Checkpointer"/> in the background instead of by whichever write happens to fill the log.
    /// </summary>
    internal static DatabaseSession OpenWriter(string path)
    {
        var session = Open(path, SqliteOpenMode.ReadWriteCreate);
        session.ExecuteOnce("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON");
        return session;
    }

    internal static DatabaseSession OpenReader(string path) => Open(path, SqliteOpenMode.ReadOnly);

    internal void ExecuteOnce(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    internal void Begin(bool immediate)
    {
        if (_inTransaction)
        {
            throw new InvalidOperationException("A transaction inside another; pass the session on instead.");
        }

        Execute(immediate ? "BEGIN IMMEDIATE" : "BEGIN");
        _inTransaction = true;
    }

    internal void End(bool commit)
    {
        Execute(commit ? "COMMIT" : "ROLLBACK");
        _inTransaction = false;
    }

    internal void RollBackIfOpen()
    {
        if (!_inTransaction)
        {
            return;
        }

        _inTransaction = false;
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == 1)
        {
            // SQLite has rolled back by itself (disk full, I/O error); the failure that led here is on its way to the caller.
        }
    }

    private static DatabaseSession Open(string path, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 10 }.ToString();
        var connection = new SqliteConnection(text);
        try
        {
            connection.Open();
            return new DatabaseSession(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> arguments)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // SQL texts are constants of the stores; values are always parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 0; i < arguments.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i + 1}" });
            }

            command.Prepare();
            _commands[sql] = command;
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            command.Parameters[i].Value = arguments[i] ?? DBNull.Value;
        }

        return command;
    }
}
