using System.Globalization;
using Gantry.Errors;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands;

/// <summary>--since and --until: a duration back from now, Unix seconds, or a date in one of RFC 3339's shorter and longer forms.</summary>
internal static class Timestamps
{
    private static readonly string[] s_formats =
    [
        "yyyy-MM-dd", "yyyy-MM-ddTHH", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ss.FFFFFFF",
    ];

    private static readonly string[] s_zonedFormats =
    [
        "yyyy-MM-ddzzz", "yyyy-MM-ddTHHzzz", "yyyy-MM-ddTHH:mmzzz", "yyyy-MM-ddTHH:mm:sszzz", "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz", "yyyy-MM-ddZ", "yyyy-MM-ddTHHZ",
        "yyyy-MM-ddTHH:mmZ", "yyyy-MM-ddTHH:mm:ssZ", "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ",
    ];

    /// <summary>Seconds since 1970 with nine digits of fraction (whole ones for a duration), as the API takes them; null for an empty text.</summary>
    /// <param name="complaint">Comes before the complaint about a text that is no time.</param>
    public static string? ToUnix(string text, string complaint = "")
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (Durations.TryParse(text, out var back, out _))
        {
            return DateTimeOffset.UtcNow.AddTicks(-back / 100).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }

        var cut = CutNanoseconds(text);
        if (DateTimeOffset.TryParseExact(cut, s_zonedFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var zoned))
        {
            return Format(zoned);
        }

        if (DateTime.TryParseExact(cut, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var local))
        {
            return Format(new DateTimeOffset(local));
        }

        return text.Contains('-', StringComparison.Ordinal) || !IsUnix(text)
            ? throw GantryException.InvalidArgument($"{complaint}failed to parse value as time or duration: {Quoting.Quote(text)}")
            : text;
    }

    private static bool IsUnix(string text) => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);

    private static string Format(DateTimeOffset time)
    {
        var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond:0000000}00");
    }

    /// <summary>.NET reads at most seven digits of fraction.</summary>
    private static string CutNanoseconds(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return text;
        }

        var end = dot + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - dot <= 8 ? text : text[..(dot + 8)] + text[end..];
    }
}
