using Gantry.Errors;

namespace Gantry.Metadata;

/// <summary>One connection while it is lent to a caller. Statements are prepared once per connection and kept; parameters are ?1, ?2, ...</summary>
public sealed class DatabaseSession
{
    /// <summary>Runs a statement and returns the number of rows it changed. Arguments: null, long, int, bool, string, byte[].</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments) => throw GantryException.NotImplemented(sql);

    /// <summary>Maps every row.</summary>
    public List<T> Query<T>(string sql, Func<DatabaseRow, T> map, params ReadOnlySpan<object?> arguments) => throw GantryException.NotImplemented(sql);

    /// <summary>Maps the first row, or returns default when there is none.</summary>
    public T? QueryFirst<T>(string sql, Func<DatabaseRow, T> map, params ReadOnlySpan<object?> arguments) => throw GantryException.NotImplemented(sql);
}
