using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>How docker shortens ids, texts and times.</summary>
internal static class Shorten
{
    private const int IdLength = 12;

    /// <summary>Twelve digits of an id, without the algorithm before it.</summary>
    public static string Id(string? id)
    {
        var text = id ?? "";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        text = colon >= 0 ? text[(colon + 1)..] : text;
        return text.Length > IdLength ? text[..IdLength] : text;
    }

    /// <summary>At most <paramref name="width"/> characters, the last an ellipsis where something was cut.</summary>
    public static string Ellipsis(string text, int width)
    {
        var runes = text.EnumerateRunes().ToArray();
        if (runes.Length <= width)
        {
            return text;
        }

        return width <= 1 ? string.Concat(runes.Take(width)) : string.Concat(runes.Take(width - 1)) + "…";
    }

    /// <summary>"5 minutes ago".</summary>
    public static string Ago(DateTimeOffset time) => Durations.Human(DateTimeOffset.UtcNow - time) + " ago";

    /// <summary>Go's time.Time.String() in the local zone.</summary>
    public static string GoTime(DateTimeOffset time)
    {
        var local = time.ToLocalTime();
        var offset = local.ToString("zzz", System.Globalization.CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        var zone = TimeZoneInfo.Local is { } info && local.Offset == TimeSpan.Zero && info.BaseUtcOffset == TimeSpan.Zero ? "UTC" : ZoneName(local, offset);
        return $"{local.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", System.Globalization.CultureInfo.InvariantCulture)} {offset} {zone}";
    }

    private static string ZoneName(DateTimeOffset local, string offset)
    {
        // .NET knows long names ("Central European Summer Time"); Go prints the zone file's abbreviation.
        var name = TimeZoneInfo.Local.IsDaylightSavingTime(local) ? TimeZoneInfo.Local.DaylightName : TimeZoneInfo.Local.StandardName;
        return name.Length is > 0 and <= 5 && name.All(char.IsAsciiLetterUpper) ? name : offset;
    }
}
