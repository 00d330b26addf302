using System.Globalization;
using Gantry.Dockerfile;
using Gantry.Errors;

namespace Gantry.Build.Frontend;

/// <summary>EXPOSE's words as <c>port/protocol</c> (docker/go-connections, nat): ranges are spread out, a host part is dropped. BuildKit has that library's newer words.</summary>
internal static class ExposedPorts
{
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static IEnumerable<string> Parse(string text, bool isBuildKit)
    {
        GantryException Invalid(string message) => GantryException.InvalidArgument(isBuildKit ? char.ToLowerInvariant(message[0]) + message[1..] : message);

        var parts = text.Split(':');
        var slash = parts[^1].IndexOf('/', StringComparison.Ordinal);
        var port = slash < 0 ? parts[^1] : parts[^1][..slash];
        var protocol = slash < 0 || slash + 1 == parts[^1].Length ? "tcp" : parts[^1][(slash + 1)..];
        var address = string.Join(':', parts.SkipLast(2)).Trim('[', ']');
        if (address.Length > 0 && !System.Net.IPAddress.TryParse(address, out _))
        {
            throw Invalid(isBuildKit ? $"invalid IP address: {address}" : $"Invalid ip address: {address}");
        }

        if (port.Length == 0)
        {
            throw Invalid($"No port specified: {text}<empty>");
        }

        var (first, last) = Range(port) ?? throw Invalid($"Invalid containerPort: {port}");
        CheckHost(parts, port, last - first, Invalid);
        if (protocol.ToLowerInvariant() is not ("tcp" or "udp" or "sctp"))
        {
            throw isBuildKit ? Invalid($"invalid port: {GoText.Quote(text)}: invalid proto: {protocol}") : Invalid($"Invalid proto: {protocol}");
        }

        return Enumerable.Range(first, last - first + 1).Select(p => $"{p}/{protocol.ToLowerInvariant()}");
    }

    private static void CheckHost(string[] parts, string port, int length, Func<string, GantryException> invalid)
    {
        var host = parts.Length > 1 ? parts[^2] : string.Empty;
        if (host.Length == 0)
        {
            return;
        }

        var (first, last) = Range(host) ?? throw invalid($"Invalid hostPort: {host}");
        if (last - first != length && length != 0)
        {
            throw invalid($"Invalid ranges specified for container and host Ports: {port} and {host}");
        }
    }

    private static (int First, int Last)? Range(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return Port(dash < 0 ? text : text[..dash]) is { } first && Port(dash < 0 ? text : text[(dash + 1)..]) is { } last && first <= last
            ? (first, last) : null;
    }

    private static int? Port(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
}
