using System.Globalization;
using Gantry.Errors;

namespace Gantry.Logs.Drivers;

/// <summary>Values of log options, read as Docker reads them and refused in its words (those of Go's strconv and of go-units).</summary>
public static class OptionText
{
    private static readonly System.Buffers.SearchValues<char> s_number = System.Buffers.SearchValues.Create("0123456789.");
    private static readonly System.Buffers.SearchValues<char> s_numberSigns = System.Buffers.SearchValues.Create("0123456789. ");

    /// <summary>Bytes of a size such as <c>10m</c>, <c>1.5 GiB</c>; units are powers of 1024.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static long Size(string text) => Size(text, 1024);

    /// <summary>The same with powers of 1000, whatever the unit is called; Docker reads the size at which a log file is rotated like this.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static long DecimalSize(string text) => Size(text, 1000);

    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static bool Bool(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw GantryException.InvalidArgument($"strconv.ParseBool: parsing \"{text}\": invalid syntax"),
    };

    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static int Int(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw GantryException.InvalidArgument($"strconv.Atoi: parsing \"{text}\": invalid syntax");

    /// <summary>Go's durations: <c>1m30s</c>, <c>500ms</c>.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static TimeSpan Duration(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var total = 0m;
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(s_number);
            var unit = digits < 0 ? rest[rest.Length..] : rest[digits..];
            unit = unit.IndexOfAny(s_number) is >= 0 and var end ? unit[..end] : unit;
            var ticks = unit switch
            {
                "ms" => TimeSpan.TicksPerMillisecond,
                "s" => TimeSpan.TicksPerSecond,
                "m" => TimeSpan.TicksPerMinute,
                "h" => TimeSpan.TicksPerHour,
                "us" or "µs" => TimeSpan.TicksPerMicrosecond,
                _ => 0,
            };
            if (ticks == 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > 1_000_000)
            {
                throw GantryException.InvalidArgument($"time: invalid duration \"{text}\"");
            }

            total += value * ticks;
            rest = rest[(digits + unit.Length)..];
        }

        return total > 0 ? TimeSpan.FromTicks((long)total) : throw GantryException.InvalidArgument($"time: invalid duration \"{text}\"");
    }

    private static long Size(string text, int step)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lower = text.ToLowerInvariant();
        lower = lower.EndsWith("ib", StringComparison.Ordinal) ? lower[..^2] : lower.EndsWith('b') ? lower[..^1] : lower;
        var power = lower.Length == 0 ? 0 : "kmgtp".IndexOf(lower[^1], StringComparison.Ordinal) + 1;
        var number = power > 0 ? lower[..^1] : lower;
        number = number.EndsWith(' ') ? number[..^1] : number;
        var unit = 1L;
        for (var i = 0; i < power; i++)
        {
            unit *= step;
        }

        return decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= long.MaxValue / unit
            ? (long)(value * unit)
            : throw GantryException.InvalidArgument(WrongSuffix(text) is { } suffix ? $"invalid suffix: '{suffix}'" : $"invalid size: '{text}'");
    }

    /// <summary>What stands behind the number where it is no unit.</summary>
    private static string? WrongSuffix(string text)
    {
        var number = text.AsSpan().LastIndexOfAny(s_numberSigns);
        var suffix = text[(number + 1)..].ToLowerInvariant();
        var isUnit = suffix is "" or "b" || ("kmgtp".Contains(suffix[0], StringComparison.Ordinal) && suffix[1..] is ("" or "b" or "ib"));
        return number < 0 || isUnit ? null : suffix;
    }
}
