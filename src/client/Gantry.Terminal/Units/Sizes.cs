using System.Buffers;
using System.Globalization;

namespace Gantry.Terminal.Units;

/// <summary>Byte counts in the two spellings Docker shows: decimal (kB, MB) and binary (KiB, MiB), as go-units prints them.</summary>
public static class Sizes
{
    private static readonly string[] s_decimal = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    private static readonly string[] s_binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

    private static readonly SearchValues<char> s_numberCharacters = SearchValues.Create("0123456789. ");

    /// <summary>Powers of 1000 with <paramref name="significant"/> significant digits ("1.234MB" at the default of four).</summary>
    public static string Human(double bytes, int significant = 4) => Scale(bytes, 1000, s_decimal, significant);

    /// <summary>Powers of 1024 with four significant digits ("23.54GiB").</summary>
    public static string Binary(double bytes) => Scale(bytes, 1024, s_binary, 4);

    /// <summary>
    /// Reads a size as go-units' RAMInBytes does: a number, an optional fraction, an optional unit (b, k, m, g, t, p, with or without i/b),
    /// always in powers of 1024.
    /// </summary>
    /// <returns>False with Go's words in <paramref name="error"/> when the text is no size.</returns>
    public static bool TryParseRam(string text, out long bytes, out string error)
    {
        bytes = 0;
        error = "";
        var separator = text.AsSpan().LastIndexOfAny(s_numberCharacters);
        if (separator < 0)
        {
            error = $"invalid size: '{text}'";
            return false;
        }

        ReadOnlySpan<char> number;
        ReadOnlySpan<char> suffix;
        if (text[separator] == ' ')
        {
            number = text.AsSpan(0, separator);
            suffix = text.AsSpan(separator + 1);
        }
        else
        {
            number = text.AsSpan(0, separator + 1);
            suffix = text.AsSpan(separator + 1);
        }

        if (!GoNumbers.TryParseFloat(number, out var size))
        {
            error = $"strconv.ParseFloat: parsing {Quoting.Quote(number.ToString())}: invalid syntax";
            return false;
        }

        if (size < 0)
        {
            error = $"invalid size: '{text}'";
            return false;
        }

        if (suffix.Length == 0)
        {
            bytes = ToInteger(size);
            return true;
        }

        return ApplySuffix(size, suffix, out bytes, out error);
    }

    private static bool ApplySuffix(double size, ReadOnlySpan<char> suffix, out long bytes, out string error)
    {
        bytes = 0;
        error = "";
        var lower = suffix.ToString().ToLowerInvariant();
        if (lower.Length <= 3)
        {
            if (lower == "b")
            {
                bytes = ToInteger(size);
                return true;
            }

            var power = "kmgtp".IndexOf(lower[0], StringComparison.Ordinal);
            if (power >= 0 && (lower[1..] is "" or "b" or "ib"))
            {
                bytes = ToInteger(size * Math.Pow(1024, power + 1));
                return true;
            }
        }

        error = $"invalid suffix: '{suffix}'";
        return false;
    }

    /// <summary>As Go converts on amd64: what is out of range becomes the smallest number, which the engine then calls too small.</summary>
    private static long ToInteger(double value) => value >= long.MaxValue ? long.MinValue : (long)value;

    private static string Scale(double size, double step, string[] units, int significant)
    {
        var unit = 0;
        while (size >= step && unit < units.Length - 1)
        {
            size /= step;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{GoNumbers.FormatG(size, significant)}{units[unit]}");
    }
}
