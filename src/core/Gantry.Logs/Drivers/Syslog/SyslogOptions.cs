using System.Globalization;
using Gantry.Errors;
using Gantry.Logs.Drivers.Transport;

namespace Gantry.Logs.Drivers.Syslog;

/// <summary>Options of the <c>syslog</c> driver.</summary>
/// <param name="Address">Null: the host's own syslog socket.</param>
internal sealed record SyslogOptions(LogAddress? Address, int Facility, SyslogFormat Format)
{
    internal const string DefaultPort = "514";
    internal static readonly string[] Known =
        ["syslog-address", "syslog-facility", "syslog-tls-ca-cert", "syslog-tls-cert", "syslog-tls-key", "syslog-tls-skip-verify", "syslog-format"];

    private static readonly string[] s_facilities =
    [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "", "", "", "",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static SyslogOptions Parse(IReadOnlyDictionary<string, string> options) => new(
        ParseAddress(options.GetValueOrDefault("syslog-address", string.Empty)),
        ParseFacility(options.GetValueOrDefault("syslog-facility", string.Empty)),
        options.GetValueOrDefault("syslog-format", string.Empty) switch
        {
            "" => SyslogFormat.Unix,
            "rfc3164" => SyslogFormat.Rfc3164,
            "rfc5424" => SyslogFormat.Rfc5424,
            "rfc5424micro" => SyslogFormat.Rfc5424Micro,
            _ => throw GantryException.InvalidArgument("Invalid syslog format"),
        });

    private static LogAddress? ParseAddress(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var (scheme, rest) = LogAddress.Split(text);
        switch (scheme)
        {
            case "unix" or "unixgram":
                return File.Exists(rest)
                    ? new LogAddress(scheme, string.Empty, 0, rest)
                    : throw GantryException.InvalidArgument($"stat {rest}: no such file or directory");
            case "tcp" or "tcp+tls" or "udp":
                var place = LogAddress.SplitHostPort(rest);
                return place is { } p && LogAddress.Port16(p.Port ?? DefaultPort) is { } port
                    ? new LogAddress(scheme, p.Host, port, string.Empty)
                    : throw GantryException.InvalidArgument($"address {rest}: invalid port in address");
            default:
                throw GantryException.InvalidArgument($"unsupported scheme: '{scheme}'");
        }
    }

    private static int ParseFacility(string text)
    {
        if (text.Length == 0)
        {
            return Array.IndexOf(s_facilities, "daemon");
        }

        var index = Array.IndexOf(s_facilities, text);
        return index >= 0 ? index
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 23 ? number
            : throw GantryException.InvalidArgument("invalid syslog facility");
    }
}

internal enum SyslogFormat
{
    /// <summary>As libc's syslog(3) writes to the local socket.</summary>
    Unix = 0,
    Rfc3164,
    Rfc5424,
    Rfc5424Micro,
}
