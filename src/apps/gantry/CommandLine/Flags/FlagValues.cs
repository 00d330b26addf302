using System.Globalization;
using Gantry.Errors;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Reads the values of flags; complaints are in Go's words.</summary>
internal static class FlagValues
{
    public static bool Boolean(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw Invalid($"strconv.ParseBool: parsing {Quoting.Quote(text)}: invalid syntax"),
    };

    public static long Integer(string text, int bits = 64)
    {
        var value = Parse(text, "ParseInt");
        var limit = bits == 64 ? long.MaxValue : (1L << (bits - 1)) - 1;
        return value >= -limit - 1 && value <= limit
            ? (long)value
            : throw Invalid($"strconv.ParseInt: parsing {Quoting.Quote(text)}: value out of range");
    }

    public static ulong Unsigned(string text, int bits = 64)
    {
        var value = Parse(text, "ParseUint", signed: false);
        return value <= (bits == 64 ? ulong.MaxValue : (1UL << bits) - 1)
            ? (ulong)value
            : throw Invalid($"strconv.ParseUint: parsing {Quoting.Quote(text)}: value out of range");
    }

    /// <param name="allowUnlimited">Whether -1 stands for no limit.</param>
    public static long Bytes(string text, bool allowUnlimited = false)
    {
        if (allowUnlimited && text == "-1")
        {
            return -1;
        }

        return Sizes.TryParseRam(text, out var bytes, out var error) ? bytes : throw Invalid(error);
    }

    public static long Duration(string text) => Durations.TryParse(text, out var nanoseconds, out var error) ? nanoseconds : throw Invalid(error);

    /// <summary>A number of CPUs in billionths.</summary>
    public static long NanoCpus(string text)
    {
        if (!TryRational(text, out var cpus))
        {
            throw Invalid($"failed to parse {text} as a rational number");
        }

        var nano = cpus * 1_000_000_000m;
        return nano != decimal.Truncate(nano) ? throw Invalid("value is too precise")
            : Math.Abs(nano) > long.MaxValue ? throw Invalid($"failed to parse {text} as a rational number")
            : (long)nano;
    }

    public static KeyValuePair<string, string> Pair(string text)
    {
        var mark = text.IndexOf('=', StringComparison.Ordinal);
        return mark < 0 ? new(text, "") : new(text[..mark], text[(mark + 1)..]);
    }

    /// <summary>One line of CSV.</summary>
    public static List<string> CommaSeparated(string text) => text.Length == 0 ? [] : Csv.Parse(text);

    private static bool TryRational(string text, out decimal value)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return decimal.TryParse(
                text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
        }

        value = 0;
        if (!long.TryParse(text.AsSpan(0, slash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var numerator)
            || !long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var denominator) || denominator == 0)
        {
            return false;
        }

        value = (decimal)numerator / denominator;
        return true;
    }

    /// <summary>Go's base 0: decimal, 0x, 0o, 0b, 0 for octal.</summary>
    private static Int128 Parse(string text, string function, bool signed = true)
    {
        var digits = text.AsSpan();
        var negative = signed && digits.StartsWith("-", StringComparison.Ordinal);
        if (negative || (signed && digits.StartsWith("+", StringComparison.Ordinal)))
        {
            digits = digits[1..];
        }

        var (radix, skip) = digits switch
        {
            _ when digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) => (16, 2),
            _ when digits.StartsWith("0b", StringComparison.OrdinalIgnoreCase) => (2, 2),
            _ when digits.StartsWith("0o", StringComparison.OrdinalIgnoreCase) => (8, 2),
            _ when digits.Length > 1 && digits[0] == '0' => (8, 1),
            _ => (10, 0),
        };
        Int128 value = 0;
        if (digits.Length == skip)
        {
            throw Invalid($"strconv.{function}: parsing {Quoting.Quote(text)}: invalid syntax");
        }

        foreach (var c in digits[skip..])
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                throw Invalid($"strconv.{function}: parsing {Quoting.Quote(text)}: invalid syntax");
            }

            value = value > ulong.MaxValue ? value : (value * radix) + digit;
        }

        return value > ulong.MaxValue
            ? throw Invalid($"strconv.{function}: parsing {Quoting.Quote(text)}: value out of range")
            : negative ? -value : value;
    }

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
