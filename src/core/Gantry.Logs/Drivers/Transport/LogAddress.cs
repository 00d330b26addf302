using System.Globalization;

namespace Gantry.Logs.Drivers.Transport;

/// <summary>Where a log server listens.</summary>
/// <param name="Network"><c>tcp</c>, <c>tcp+tls</c>, <c>udp</c>, <c>unix</c> or <c>unixgram</c>.</param>
/// <param name="Host">Name or address; empty for sockets in the file system.</param>
/// <param name="Path">Of a socket in the file system.</param>
internal sealed record LogAddress(string Network, string Host, int Port, string Path)
{
    internal bool IsStream => Network is "tcp" or "tcp+tls" or "unix";

    /// <summary>As Go prints it.</summary>
    internal string Text => Path.Length > 0 ? Path
        : (Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:" : Host + ":") + Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Splits <c>scheme://rest</c>; without a scheme it is empty.</summary>
    internal static (string Scheme, string Place) Split(string text)
    {
        var at = text.IndexOf("://", StringComparison.Ordinal);
        return at < 0 ? (string.Empty, text) : (text[..at].ToLowerInvariant(), text[(at + 3)..]);
    }

    /// <summary>Splits <c>host:port</c>, <c>[v6]:port</c> and either without a port. Null where it makes no sense.</summary>
    internal static (string Host, string? Port)? SplitHostPort(string text)
    {
        if (text.StartsWith('['))
        {
            var close = text.IndexOf(']', StringComparison.Ordinal);
            return close < 0 ? null
                : close == text.Length - 1 ? (text[1..close], null)
                : text[close + 1] == ':' ? (text[1..close], text[(close + 2)..]) : null;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }

    internal static int? Port16(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= ushort.MaxValue ? port : null;
}
