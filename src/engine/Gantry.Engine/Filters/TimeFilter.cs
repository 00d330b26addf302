using System.Globalization;
using Gantry.Api;
using Gantry.Dockerfile;
using Gantry.Errors;

namespace Gantry.Engine.Filters;

/// <summary>Moments in filters and queries: Unix seconds with fraction, RFC 3339, or a Go duration counted back from now.</summary>
public static class TimeFilter
{
    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static DateTimeOffset Parse(string text, DateTimeOffset now)
    {
        if (TryParseUnix(text, out var unix))
        {
            return unix;
        }

        if (GoDuration.TryParse(text, out var nanoseconds, out _))
        {
            return now.AddTicks(-nanoseconds / 100);
        }

        return GoTime.TryParse(text, out var time)
            ? time
            : throw GantryException.InvalidArgument($"failed to parse value as time or duration: \"{text}\"");
    }

    /// <summary>The failure for a text that <see cref="TryParseUnix"/> refused. Internal, as Docker has it, and in Go's words.</summary>
    public static GantryException NotUnix(string text)
    {
        var parts = text.Split('.', 2);
        var bad = long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) && parts.Length > 1 ? parts[1] : parts[0];
        return GantryException.Internal($"strconv.ParseInt: parsing \"{bad}\": invalid syntax");
    }

    /// <summary><c>1136073600.000000001</c>.</summary>
    public static bool TryParseUnix(string text, out DateTimeOffset time)
    {
        time = default;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var fraction = dot < 0 ? string.Empty : text[(dot + 1)..];
        if (!long.TryParse(dot < 0 ? text : text[..dot], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            || seconds is < -62_135_596_800 or > 253_402_300_799
            || !fraction.All(char.IsAsciiDigit))
        {
            return false;
        }

        var nanoseconds = fraction.Length == 0 ? 0 : long.Parse(fraction.PadRight(9, '0')[..9], CultureInfo.InvariantCulture);
        time = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100);
        return true;
    }
}
