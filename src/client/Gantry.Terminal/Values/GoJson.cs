using System.Globalization;
using System.Text;
using Gantry.Terminal.Units;

namespace Gantry.Terminal.Values;

/// <summary>JSON as Go's encoder writes it with HTML escaping off.</summary>
public static class GoJson
{
    /// <param name="indent">One level of indentation; null for one line.</param>
    public static string Serialize(object? value, string? indent = null)
    {
        var output = new StringBuilder();
        Write(output, value, indent, 0);
        return output.ToString();
    }

    /// <summary>What Go's encoder does by default with &lt;, &gt; and &amp;.</summary>
    public static string EscapeHtml(string json) => json
        .Replace("<", "\\u003c", StringComparison.Ordinal)
        .Replace(">", "\\u003e", StringComparison.Ordinal)
        .Replace("&", "\\u0026", StringComparison.Ordinal);

    public static void WriteString(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    output.Append('\\').Append(c);
                    break;
                case '\n':
                    output.Append("\\n");
                    break;
                case '\r':
                    output.Append("\\r");
                    break;
                case '\t':
                    output.Append("\\t");
                    break;
                case '\b':
                    output.Append("\\b");
                    break;
                case '\f':
                    output.Append("\\f");
                    break;
                case < ' ' or '\u2028' or '\u2029':
                    output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    output.Append(c);
                    break;
            }
        }

        output.Append('"');
    }

    private static void Write(StringBuilder output, object? value, string? indent, int depth)
    {
        switch (value)
        {
            case null or GoNil or GoList { IsNil: true } or GoMap { IsNil: true }:
                output.Append("null");
                break;
            case string text:
                WriteString(output, text);
                break;
            case GoTimestamp time:
                WriteString(output, time.Json);
                break;
            case RawJson raw:
                output.Append(raw.Text);
                break;
            case bool flag:
                output.Append(flag ? "true" : "false");
                break;
            case double number:
                output.Append(FormatNumber(number));
                break;
            case GoList list:
                WriteMany(output, list.Items, ('[', ']'), indent, depth, Write);
                break;
            case GoMap { IsUntyped: true } map:
                WriteMany(output, map.SortedEntries, ('{', '}'), indent, depth, WriteProperty);
                break;
            case GoMap map:
                WriteMany(output, map.Entries, ('{', '}'), indent, depth, WriteProperty);
                break;
            case IGoObject other:
                Write(output, other.ToJsonValue(), indent, depth);
                break;
            default:
                output.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static void WriteProperty(StringBuilder output, KeyValuePair<string, object?> property, string? indent, int depth)
    {
        WriteString(output, property.Key);
        output.Append(indent is null ? ":" : ": ");
        Write(output, property.Value, indent, depth);
    }

    private static void WriteMany<T>(
        StringBuilder output, IEnumerable<T> items, (char Open, char Close) brackets, string? indent, int depth, Action<StringBuilder, T, string?, int> write)
    {
        output.Append(brackets.Open);
        var any = false;
        foreach (var item in items)
        {
            output.Append(any ? "," : "");
            any = true;
            NewLine(output, indent, depth + 1);
            write(output, item, indent, depth + 1);
        }

        if (any)
        {
            NewLine(output, indent, depth);
        }

        output.Append(brackets.Close);
    }

    private static void NewLine(StringBuilder output, string? indent, int depth)
    {
        if (indent is null)
        {
            return;
        }

        output.Append('\n');
        for (var i = 0; i < depth; i++)
        {
            output.Append(indent);
        }
    }

    /// <summary>Go's JSON keeps plain digits up to 1e21, unlike %v.</summary>
    private static string FormatNumber(double value) =>
        Math.Abs(value) is >= 1e-6 and < 1e21 or 0 ? value.ToString("0.####################", CultureInfo.InvariantCulture) : GoNumbers.FormatShortest(value);
}
