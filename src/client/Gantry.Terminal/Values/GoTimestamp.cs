using System.Globalization;

namespace Gantry.Terminal.Values;

/// <summary>A time.Time: prints as "2026-01-02 03:04:05.123456789 +0000 UTC", in JSON as it came (RFC 3339).</summary>
public sealed record GoTimestamp(string Json)
{
    /// <summary>Go's zero time.</summary>
    public const string Zero = "0001-01-01T00:00:00Z";

    /// <summary>Keeps all nine digits of the fraction, which .NET's own types do not.</summary>
    public override string ToString()
    {
        if (Json.Length < 20 || Json[10] != 'T')
        {
            return Json;
        }

        var end = 19;
        while (end < Json.Length && (Json[end] == '.' || char.IsAsciiDigit(Json[end])))
        {
            end++;
        }

        var zone = Json[end..];
        var offset = zone == "Z" ? "+0000 UTC" : string.Create(CultureInfo.InvariantCulture, $"{zone.Replace(":", "", StringComparison.Ordinal)} {zone.Replace(":", "", StringComparison.Ordinal)}");
        return $"{Json[..10]} {Json[11..end]} {offset}";
    }
}
