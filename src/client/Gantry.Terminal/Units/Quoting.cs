using System.Globalization;
using System.Text;

namespace Gantry.Terminal.Units;

/// <summary>Go's <c>%q</c>: a double-quoted string in which everything unprintable is escaped.</summary>
public static class Quoting
{
    public static string Quote(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            Append(result, rune);
        }

        return result.Append('"').ToString();
    }

    private static void Append(StringBuilder result, Rune rune)
    {
        switch (rune.Value)
        {
            case '"':
                result.Append("\\\"");
                break;
            case '\\':
                result.Append("\\\\");
                break;
            case '\a':
                result.Append("\\a");
                break;
            case '\b':
                result.Append("\\b");
                break;
            case '\f':
                result.Append("\\f");
                break;
            case '\n':
                result.Append("\\n");
                break;
            case '\r':
                result.Append("\\r");
                break;
            case '\t':
                result.Append("\\t");
                break;
            case '\v':
                result.Append("\\v");
                break;
            default:
                AppendPlain(result, rune);
                break;
        }
    }

    private static void AppendPlain(StringBuilder result, Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        var unprintable = category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            || (category == UnicodeCategory.SpaceSeparator && rune.Value != ' ');
        if (!unprintable)
        {
            result.Append(rune.ToString());
        }
        else if (rune.Value < 0x80)
        {
            result.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
        }
        else if (rune.Value < 0x10000)
        {
            result.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
        }
        else
        {
            result.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
        }
    }
}
