using System.Globalization;

namespace Gantry.Dockerfile;

/// <summary>Go's durations (package time): text such as <c>1m30s</c>, value in nanoseconds.</summary>
public static class GoDuration
{
    private static readonly System.Buffers.SearchValues<char> s_number = System.Buffers.SearchValues.Create("0123456789.");

    private static readonly (string Unit, long Nanoseconds)[] s_units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    /// <summary>Parses signed sequences of decimal numbers with units; <c>0</c> needs none. False with Go's error text otherwise.</summary>
    public static bool TryParse(string text, out long nanoseconds, out string error)
    {
        nanoseconds = 0;
        error = $"time: invalid duration {GoText.Quote(text)}";
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        rest = negative || rest.StartsWith("+") ? rest[1..] : rest;
        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        decimal total = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(s_number);
            var number = digits < 0 ? rest : rest[..digits];
            if (number.Length > 40 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            rest = rest[number.Length..];
            var length = rest.IndexOfAny(s_number) is var at and >= 0 ? at : rest.Length;
            var unit = rest[..length].ToString();
            rest = rest[length..];
            var factor = s_units.FirstOrDefault(u => u.Unit == unit).Nanoseconds;
            if (factor == 0)
            {
                error = unit.Length == 0 ? $"time: missing unit in duration {GoText.Quote(text)}"
                    : $"time: unknown unit {GoText.Quote(unit)} in duration {GoText.Quote(text)}";
                return false;
            }

            if (value > long.MaxValue / factor || (total += value * factor) > long.MaxValue)
            {
                return false;
            }
        }

        nanoseconds = negative ? -(long)total : (long)total;
        return true;
    }

    /// <summary>As Go prints it: <c>1m30s</c>, <c>1.5ms</c>, <c>0s</c>.</summary>
    public static string Format(long nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return "0s";
        }

        var sign = nanoseconds < 0 ? "-" : string.Empty;
        var value = Math.Abs((decimal)nanoseconds);
        if (value < 1_000_000_000m)
        {
            var (unit, factor) = value < 1_000m ? ("ns", 1m) : value < 1_000_000m ? ("µs", 1_000m) : ("ms", 1_000_000m);
            return sign + Number(value / factor) + unit;
        }

        var minutes = decimal.Floor(value / 60_000_000_000m);
        var seconds = Number((value - (minutes * 60_000_000_000m)) / 1_000_000_000m) + "s";
        var hours = decimal.Floor(minutes / 60m);
        return sign + (hours > 0 ? $"{hours:0}h{minutes % 60m:0}m" : minutes > 0 ? $"{minutes:0}m" : string.Empty) + seconds;
    }

    private static string Number(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);
}
