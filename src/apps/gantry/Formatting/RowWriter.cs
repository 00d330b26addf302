using System.Text;
using Gantry.Apps.Cli.Output;
using Gantry.Errors;
using Gantry.Terminal.Tables;
using Gantry.Terminal.Templates;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>Prints rows by --format: a table, JSON, or any template.</summary>
internal static class RowWriter
{
    private const string TableKey = "table";
    private const string JsonKey = "json";

    /// <param name="format">"table ...", "json" or a template; the defaults of a list are resolved by the caller.</param>
    public static void Write<T>(TextOutput output, string format, Columns<T> columns, IEnumerable<T> items) => output.Write(Render(format, columns, items));

    /// <inheritdoc cref="Write"/>
    public static string Render<T>(string format, Columns<T> columns, IEnumerable<T> items)
    {
        var template = Parse(Body(format), "template parsing error");
        var rows = new StringBuilder();
        if (IsTable(format))
        {
            rows.Append(Template.Parse(Body(format), FunctionSet.Header).Execute(columns.Headers())).Append('\n');
        }

        foreach (var item in items)
        {
            Execute(template, new Row<T>(columns, item), rows);
            rows.Append('\n');
        }

        return IsTable(format) ? TabWriter.Format(rows.ToString()) : rows.ToString();
    }

    /// <summary>Which fields a template uses, found by running it on a row.</summary>
    public static HashSet<string> FieldsUsed<T>(string format, Columns<T> columns, T sample)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        Execute(Parse(format, "failed to parse template"), new Row<T>(columns, sample, used), new StringBuilder(), "failed to execute template");
        return used;
    }

    public static bool IsTable(string format) => format.StartsWith(TableKey, StringComparison.Ordinal);

    private static Template Parse(string text, string complaint)
    {
        try
        {
            return Template.Parse(text);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"{complaint}: {e.Message}", e);
        }
    }

    private static void Execute<T>(Template template, Row<T> row, StringBuilder output, string complaint = "template parsing error")
    {
        try
        {
            template.Execute(row, output);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"{complaint}: {e.Message}", e);
        }
    }

    /// <summary>The template in a format: without "table", and with \t and \n meant as characters.</summary>
    private static string Body(string format)
    {
        var body = IsTable(format) ? format[TableKey.Length..] : format == JsonKey ? "{{json .}}" : format;
        return body.Trim(' ').Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal);
    }
}
