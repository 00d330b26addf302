using System.Globalization;
using System.Text;

namespace Gantry.Terminal.Units;

/// <summary>Durations as Docker shows them to people and as Go's <c>time.Duration</c> reads and writes them. Unit: nanoseconds.</summary>
public static class Durations
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;
    private const long Second = 1_000_000_000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;

    /// <summary>A rough span in words: "Less than a second", "About a minute", "3 weeks" (go-units' HumanDuration).</summary>
    public static string Human(TimeSpan span)
    {
        var seconds = (long)Math.Truncate(span.TotalSeconds);
        var minutes = (long)Math.Truncate(span.TotalMinutes);
        var hours = (long)Math.Truncate(span.TotalHours + 0.5);
        return (seconds, minutes, hours) switch
        {
            ( < 1, _, _) => "Less than a second",
            (1, _, _) => "1 second",
            ( < 60, _, _) => $"{seconds} seconds",
            (_, 1, _) => "About a minute",
            (_, < 60, _) => $"{minutes} minutes",
            (_, _, 1) => "About an hour",
            (_, _, < 48) => $"{hours} hours",
            (_, _, < 24 * 7 * 2) => $"{hours / 24} days",
            (_, _, < 24 * 30 * 2) => $"{hours / 24 / 7} weeks",
            (_, _, < 24 * 365 * 2) => $"{hours / 24 / 30} months",
            _ => $"{(long)Math.Truncate(span.TotalHours) / 24 / 365} years",
        };
    }

    /// <summary>Writes nanoseconds as Go does: "1h0m0s", "1.5s", "20ms", "0s".</summary>
    public static string Format(long nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return "0s";
        }

        var sign = nanoseconds < 0 ? "-" : "";
        var value = nanoseconds < 0 ? (ulong)-(nanoseconds + 1) + 1 : (ulong)nanoseconds;
        return value switch
        {
            < Microsecond => $"{sign}{value}ns",
            < Millisecond => $"{sign}{Fraction(value, Microsecond)}µs",
            < Second => $"{sign}{Fraction(value, Millisecond)}ms",
            _ => sign + Long(value),
        };
    }

    /// <summary>Reads a Go duration ("1h30m", "-1.5s", "300ms", "0").</summary>
    /// <param name="error">Go's words when the text is no duration.</param>
    public static bool TryParse(string text, out long nanoseconds, out string error)
    {
        nanoseconds = 0;
        error = $"time: invalid duration {Quoting.Quote(text)}";
        var rest = text.AsSpan();
        var negative = rest.Length > 0 && rest[0] == '-';
        if (rest.Length > 0 && rest[0] is '-' or '+')
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.Length == 0)
        {
            return false;
        }

        decimal total = 0;
        while (rest.Length > 0)
        {
            if (!TakeTerm(ref rest, text, ref total, ref error))
            {
                return false;
            }
        }

        nanoseconds = negative ? -(long)total : (long)total;
        return true;
    }

    private static bool TakeTerm(ref ReadOnlySpan<char> rest, string text, ref decimal total, ref string error)
    {
        var length = 0;
        while (length < rest.Length && (char.IsAsciiDigit(rest[length]) || rest[length] == '.'))
        {
            length++;
        }

        if (length is 0 or > 25 || !decimal.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        rest = rest[length..];
        length = 0;
        while (length < rest.Length && !char.IsAsciiDigit(rest[length]) && rest[length] != '.')
        {
            length++;
        }

        if (length == 0)
        {
            error = $"time: missing unit in duration {Quoting.Quote(text)}";
            return false;
        }

        var unit = rest[..length].ToString();
        rest = rest[length..];
        if (Unit(unit) is not { } scale)
        {
            error = $"time: unknown unit {Quoting.Quote(unit)} in duration {Quoting.Quote(text)}";
            return false;
        }

        return number <= long.MaxValue / scale && (total += number * scale) <= long.MaxValue;
    }

    private static long? Unit(string unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => Microsecond,
        "ms" => Millisecond,
        "s" => Second,
        "m" => Minute,
        "h" => Hour,
        _ => null,
    };

    private static string Long(ulong value)
    {
        var text = new StringBuilder();
        var minutes = value / Minute;
        if (minutes >= 60)
        {
            text.Append(minutes / 60).Append('h');
        }

        if (minutes > 0)
        {
            text.Append(minutes % 60).Append('m');
        }

        return text.Append(Fraction(value % Minute, Second)).Append('s').ToString();
    }

    private static string Fraction(ulong value, ulong scale) =>
        ((decimal)value / scale).ToString("0.#########", CultureInfo.InvariantCulture);
}
