using System.Globalization;
using System.Text;
using Gantry.Terminal.Units;

namespace Gantry.Terminal.Values;

/// <summary>Go's <c>%v</c>.</summary>
public static class GoPrinter
{
    /// <summary>The value as an action writes it: nothing at all is "&lt;no value&gt;".</summary>
    public static string PrintAction(object? value) => value is null ? "<no value>" : Print(value);

    /// <summary>The value as fmt.Sprint writes it.</summary>
    public static string Print(object? value)
    {
        switch (value)
        {
            case string text:
                return text;
            case long number:
                return number.ToString(CultureInfo.InvariantCulture);
            case bool flag:
                return flag ? "true" : "false";
            default:
                var output = new StringBuilder();
                Append(output, value);
                return output.ToString();
        }
    }

    private static void Append(StringBuilder output, object? value)
    {
        switch (value)
        {
            case null or GoNil:
                output.Append("<nil>");
                break;
            case string text:
                output.Append(text);
                break;
            case bool flag:
                output.Append(flag ? "true" : "false");
                break;
            case double number:
                output.Append(GoNumbers.FormatShortest(number));
                break;
            case GoList list:
                AppendAll(output.Append('['), list.Items, Append).Append(']');
                break;
            case GoMap map:
                AppendAll(output.Append("map["), map.SortedEntries, AppendEntry).Append(']');
                break;
            case GoStruct { Text: { } itself }:
                output.Append(itself);
                break;
            case GoStruct structure:
                AppendAll(output.Append('{'), structure.Fields.Select(f => f.Value), Append).Append('}');
                break;
            case IGoObject other:
                Append(output, other.ToJsonValue());
                break;
            default:
                output.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static void AppendEntry(StringBuilder output, KeyValuePair<string, object?> entry) => Append(output.Append(entry.Key).Append(':'), entry.Value);

    private static StringBuilder AppendAll<T>(StringBuilder output, IEnumerable<T> items, Action<StringBuilder, T> append)
    {
        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                output.Append(' ');
            }

            first = false;
            append(output, item);
        }

        return output;
    }
}
