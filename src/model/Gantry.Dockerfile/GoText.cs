using System.Globalization;
using System.Text;

namespace Gantry.Dockerfile;

/// <summary>Go's formatting verbs where Docker's records and messages show their output (package fmt and strconv).</summary>
public static class GoText
{
    /// <summary><c>%q</c> of a string: a Go string literal.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            quoted.Append(rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\a' => "\\a",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\v' => "\\v",
                < ' ' or 0x7f => $"\\x{rune.Value:x2}",
                _ when IsPrint(rune) => rune.ToString(),
                < 0x10000 => $"\\u{rune.Value:x4}",
                _ => $"\\U{rune.Value:x8}",
            });
        }

        return quoted.Append('"').ToString();
    }

    /// <summary><c>%q</c> of a slice of strings.</summary>
    public static string Quote(IEnumerable<string> items) => "[" + string.Join(' ', items.Select(Quote)) + "]";

    /// <summary><c>%v</c> of a slice of strings.</summary>
    public static string Plain(IEnumerable<string> items) => "[" + string.Join(' ', items) + "]";

    /// <summary><c>%q</c> of an integer: the character with that number as a Go rune literal.</summary>
    public static string QuoteRune(int value)
    {
        if (!Rune.IsValid(value))
        {
            return "'\uFFFD'";
        }

        return value switch
        {
            '\'' => "'\\''",
            '"' => "'\"'",
            _ => "'" + Quote(new Rune(value).ToString())[1..^1] + "'",
        };
    }

    private static bool IsPrint(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
