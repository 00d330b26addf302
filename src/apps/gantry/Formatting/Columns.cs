using System.Text;
using Gantry.Terminal.Values;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>A field of a row: what templates call it, what stands over it in a table, and how to get it.</summary>
/// <param name="Header">Null where a table has no heading for it.</param>
internal sealed record Column<T>(string Name, string? Header, Func<T, object?> Value);

/// <summary>A field that takes an argument, such as <c>.Label "name"</c>.</summary>
internal sealed record Method<T>(string Name, Func<T, string, object?> Call);

/// <summary>The fields of one kind of row.</summary>
/// <param name="typeName">Go's name of the row type, for errors.</param>
internal sealed class Columns<T>(string typeName, Column<T>[] columns, params Method<T>[] methods)
{
    public string TypeName { get; } = typeName;

    public IReadOnlyList<Column<T>> All { get; } = columns;

    public IReadOnlyList<Method<T>> Methods { get; } = methods;

    /// <summary>The headings as a value for the header's template.</summary>
    public IGoObject Headers() => new HeaderRow<T>(this);
}

/// <summary>The line of headings. A method's heading is made of its argument: that of <c>.Label "com.example.the-name"</c> is "the name".</summary>
internal sealed class HeaderRow<T>(Columns<T> columns) : IGoObject
{
    public string TypeName => "formatter.SubHeaderContext";

    public bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value)
    {
        value = arguments is [string argument] && IsMethod(name)
            ? argument[(argument.LastIndexOf('.') + 1)..].Replace('-', ' ').Replace('_', ' ')
            : columns.All.FirstOrDefault(c => c.Name == name)?.Header;
        return true;
    }

    public bool IsMethod(string name) => columns.Methods.Any(m => m.Name == name);

    public object? ToJsonValue()
    {
        var map = new GoMap { IsUntyped = true };
        foreach (var column in columns.All.Where(c => c.Header is not null))
        {
            map[column.Name] = column.Header;
        }

        return map;
    }
}

/// <summary>One row.</summary>
internal sealed class Row<T>(Columns<T> columns, T item, ISet<string>? used = null) : IGoObject
{
    public string TypeName => columns.TypeName;

    public bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value)
    {
        used?.Add(name);
        foreach (var column in columns.All)
        {
            if (column.Name == name)
            {
                value = column.Value(item);
                return true;
            }
        }

        foreach (var method in columns.Methods)
        {
            if (method.Name == name && arguments is [string argument])
            {
                value = method.Call(item, argument);
                return true;
            }
        }

        value = null;
        return false;
    }

    public bool IsMethod(string name) => columns.Methods.Any(m => m.Name == name);

    /// <summary>All fields by name. Go's rows escape what HTML would.</summary>
    public object? ToJsonValue()
    {
        var json = new StringBuilder("{");
        foreach (var column in columns.All.OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            used?.Add(column.Name);
            json.Append(json.Length > 1 ? "," : "");
            GoJson.WriteString(json, column.Name);
            json.Append(':').Append(GoJson.Serialize(column.Value(item)));
        }

        return new RawJson(GoJson.EscapeHtml(json.Append('}').ToString()));
    }
}
