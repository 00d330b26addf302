using System.Globalization;
using System.Text;

namespace Gantry.Terminal.Templates;

/// <summary>Reads Go's number, string and character literals.</summary>
internal static class GoLiterals
{
    /// <summary>An integer becomes a <see cref="long"/>, anything with a point or exponent a <see cref="double"/>.</summary>
    public static bool TryParseNumber(string text, out object value)
    {
        value = 0L;
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        var negative = digits.StartsWith('-');
        var magnitude = digits.TrimStart('+', '-');
        if (magnitude.Length == 0 || text.Length - text.TrimStart('+', '-').Length > 1)
        {
            return false;
        }

        if (TryParseInteger(magnitude, out var integer))
        {
            value = negative ? -integer : integer;
            return true;
        }

        var isFloat = magnitude.AsSpan().IndexOfAny('.', 'e', 'E') >= 0 && Units.GoNumbers.TryParseFloat(digits, out _);
        if (isFloat && Units.GoNumbers.TryParseFloat(digits, out var number))
        {
            value = number;
        }

        return isFloat;
    }

    /// <summary>Undoes a quoted or raw string literal; false when an escape is wrong.</summary>
    public static bool TryUnquote(string literal, out string value)
    {
        value = literal[1..^1];
        if (literal[0] == '`')
        {
            value = value.Replace("\r", "", StringComparison.Ordinal);
            return true;
        }

        if (!value.Contains('\\', StringComparison.Ordinal))
        {
            return true;
        }

        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length;)
        {
            if (value[i] != '\\')
            {
                result.Append(value[i++]);
            }
            else if (!TryUnescape(value, literal[0], ref i, result))
            {
                return false;
            }
        }

        value = result.ToString();
        return true;
    }

    private static bool TryParseInteger(string text, out long value)
    {
        var (style, skip) = text switch
        {
            _ when text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) => (NumberStyles.AllowHexSpecifier, 2),
            _ when text.StartsWith("0b", StringComparison.OrdinalIgnoreCase) => (NumberStyles.AllowBinarySpecifier, 2),
            _ => (NumberStyles.None, 0),
        };
        if (skip == 0 && text.Length > 1 && text[0] == '0' && text.All(char.IsAsciiDigit))
        {
            return TryParseOctal(text, out value);
        }

        return long.TryParse(text.AsSpan(skip), style, CultureInfo.InvariantCulture, out value) && value >= 0;
    }

    private static bool TryParseOctal(string text, out long value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (digit > '7' || value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) + (digit - '0');
        }

        return true;
    }

    private static bool TryUnescape(string text, char quote, ref int i, StringBuilder result)
    {
        if (i + 1 >= text.Length)
        {
            return false;
        }

        var c = text[i + 1];
        i += 2;
        var simple = "abfnrtv\\".IndexOf(c, StringComparison.Ordinal);
        if (simple >= 0)
        {
            result.Append("\a\b\f\n\r\t\v\\"[simple]);
            return true;
        }

        if (c == quote)
        {
            result.Append(c);
            return true;
        }

        var length = c switch { 'x' => 2, 'u' => 4, 'U' => 8, >= '0' and <= '7' => 3, _ => 0 };
        var start = length == 3 ? i - 1 : i;
        if (length == 0 || start + length > text.Length || !TryParseCode(text.AsSpan(start, length), length == 3, out var code))
        {
            return false;
        }

        i = start + length;
        result.Append(new Rune(code).ToString());
        return true;
    }

    private static bool TryParseCode(ReadOnlySpan<char> digits, bool octal, out int code)
    {
        code = 0;
        if (!octal)
        {
            return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code) && Rune.IsValid(code);
        }

        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return false;
            }

            code = (code * 8) + (digit - '0');
        }

        return code <= 255;
    }
}
