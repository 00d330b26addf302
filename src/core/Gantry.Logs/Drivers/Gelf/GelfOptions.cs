using System.Globalization;
using Gantry.Errors;
using Gantry.Logs.Drivers.Transport;

namespace Gantry.Logs.Drivers.Gelf;

/// <summary>Options of the <c>gelf</c> driver.</summary>
/// <param name="Compression"><c>gzip</c>, <c>zlib</c> or <c>none</c>; datagrams only.</param>
/// <param name="MaxReconnect">Null: not said.</param>
/// <param name="ReconnectDelay">Null: not said.</param>
internal sealed record GelfOptions(LogAddress Address, string Compression, int Level, int? MaxReconnect, TimeSpan? ReconnectDelay)
{
    internal static readonly string[] Known =
        ["gelf-address", "gelf-compression-level", "gelf-compression-type", "gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"];

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static GelfOptions Parse(IReadOnlyDictionary<string, string> options)
    {
        var address = ParseAddress(options.GetValueOrDefault("gelf-address", string.Empty));
        var isTcp = address.Network == "tcp";
        if (isTcp && (options.ContainsKey("gelf-compression-type") || options.ContainsKey("gelf-compression-level")))
        {
            throw GantryException.InvalidArgument("compression is only supported on UDP");
        }

        var type = options.GetValueOrDefault("gelf-compression-type", "gzip");
        var level = options.GetValueOrDefault("gelf-compression-level", "1");
        return new GelfOptions(
            address,
            type is "gzip" or "zlib" or "none" ? type : throw Unknown(type, "gelf-compression-type"),
            int.TryParse(level, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number is >= -1 and <= 9
                ? number : throw Unknown(level, "gelf-compression-level"),
            Positive(options, "gelf-tcp-max-reconnect", isTcp),
            Positive(options, "gelf-tcp-reconnect-delay", isTcp) is { } delay ? TimeSpan.FromSeconds(delay) : null);
    }

    private static GantryException Unknown(string value, string option) =>
        GantryException.InvalidArgument($"unknown value \"{value}\" for log opt \"{option}\" for gelf log driver");

    private static int? Positive(IReadOnlyDictionary<string, string> options, string option, bool isTcp)
    {
        if (!options.TryGetValue(option, out var text))
        {
            return null;
        }

        if (!isTcp)
        {
            throw GantryException.InvalidArgument($"\"{option}\" is only valid for TCP");
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw GantryException.InvalidArgument($"\"{option}\" must be a positive integer");
    }

    private static LogAddress ParseAddress(string text)
    {
        if (text.Length == 0)
        {
            throw GantryException.InvalidArgument("gelf-address is a required parameter");
        }

        var (scheme, rest) = LogAddress.Split(text);
        if (scheme is not ("tcp" or "udp"))
        {
            throw GantryException.InvalidArgument("gelf: endpoint needs to be TCP or UDP");
        }

        return LogAddress.SplitHostPort(rest) is { Port: { } port } place && LogAddress.Port16(port) is { } number
            ? new LogAddress(scheme, place.Host, number, string.Empty)
            : throw GantryException.InvalidArgument("gelf: please provide gelf-address as proto://host:port");
    }
}
