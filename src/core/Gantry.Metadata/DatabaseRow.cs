using Microsoft.Data.Sqlite;

namespace Gantry.Metadata;

/// <summary>The current row of a query; valid only inside the mapping delegate.</summary>
public readonly struct DatabaseRow
{
    private readonly SqliteDataReader _reader;

    internal DatabaseRow(SqliteDataReader reader) => _reader = reader;

    public bool IsNull(int column) => _reader.IsDBNull(column);

    public long Int64(int column) => _reader.GetInt64(column);

    public string Text(int column) => _reader.GetString(column);

    public string? TextOrNull(int column) => _reader.IsDBNull(column) ? null : _reader.GetString(column);

    public byte[] Bytes(int column) => _reader.GetFieldValue<byte[]>(column);
}
