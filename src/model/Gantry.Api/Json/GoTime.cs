using System.Globalization;

namespace Gantry.Api;

/// <summary>Times as Go's time.Time writes them in JSON: RFC 3339 with up to nine fraction digits, trailing zeros cut.</summary>
public static class GoTime
{
    /// <summary>Go's zero time, which Docker writes where a time is not set.</summary>
    public const string Zero = "0001-01-01T00:00:00Z";

    /// <summary>Formats in UTC with the 100 ns resolution of <see cref="DateTimeOffset"/>.</summary>
    public static string Format(DateTimeOffset time)
    {
        var text = time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.');
        return text + "Z";
    }

    /// <summary>Formats nanoseconds since the Unix epoch with all nine digits kept.</summary>
    public static string FormatNanoseconds(long unixNanoseconds)
    {
        var seconds = Math.DivRem(unixNanoseconds, 1_000_000_000, out var fraction);
        if (fraction < 0)
        {
            seconds--;
            fraction += 1_000_000_000;
        }

        var text = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return fraction == 0 ? text + "Z" : $"{text}.{fraction:D9}".TrimEnd('0') + "Z";
    }

    public static bool TryParse(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(TrimNanoseconds(text), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);

    /// <summary>.NET parses at most seven fraction digits.</summary>
    private static string? TrimNanoseconds(string? text)
    {
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot < 0)
        {
            return text;
        }

        var end = dot + 1;
        while (end < text!.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - dot - 1 <= 7 ? text : text[..(dot + 8)] + text[end..];
    }
}
