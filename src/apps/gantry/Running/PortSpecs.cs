using System.Globalization;
using System.Net;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--publish [[IP:]HOST_PORTS:]PORTS[/PROTOCOL] or target=...,published=...,protocol=...; and --expose.</summary>
internal static class PortSpecs
{
    /// <summary>Container ports ("80/tcp") with their bindings.</summary>
    public static IEnumerable<(string Port, PortBinding Binding)> Parse(string text)
    {
        var spec = text.Contains('=', StringComparison.Ordinal) ? FromLongForm(text) : text;
        var (address, host, rest) = Split(spec);
        var (container, protocol) = SplitProtocol(rest);
        var ip = Address(address);
        if (container.Length == 0)
        {
            throw Invalid($"no port specified: {spec}<empty>");
        }

        var ports = Range(container) ?? throw Invalid($"invalid containerPort: {container}");
        var hosts = host.Length == 0 ? default : Range(host) ?? throw Invalid($"invalid hostPort: {host}");
        var several = host.Length > 0 && ports.Last - ports.First != hosts.Last - hosts.First;
        if (several && ports.First != ports.Last)
        {
            throw Invalid($"invalid ranges specified for container and host Ports: {container} and {host}");
        }

        if (protocol is not ("tcp" or "udp" or "sctp"))
        {
            throw Invalid($"invalid proto: {protocol}");
        }

        return Bindings(ports, hosts, host.Length > 0, several, ip, protocol);
    }

    /// <summary>Ports of one --expose.</summary>
    public static IEnumerable<string> ParseExposed(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            throw Invalid($"invalid port format for --expose: {text}");
        }

        var (container, protocol) = SplitProtocol(text);
        if (Range(container) is not var (first, last))
        {
            throw Invalid($"invalid range format for --expose: {text}, error: {RangeError(container)}");
        }

        return Enumerable.Range(first, last - first + 1).Select(port => Name(port, protocol));
    }

    private static IEnumerable<(string Port, PortBinding Binding)> Bindings(
        (int First, int Last) ports, (int First, int Last) hosts, bool hasHost, bool several, string ip, string protocol)
    {
        for (var i = 0; i <= ports.Last - ports.First; i++)
        {
            var host = !hasHost ? ""
                : several ? $"{hosts.First}-{hosts.Last}"
                : (hosts.First + i).ToString(CultureInfo.InvariantCulture);
            yield return (Name(ports.First + i, protocol), new PortBinding { HostIp = ip, HostPort = host });
        }
    }

    private static string Name(int port, string protocol) => string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}");

    private static (string Ip, string Host, string Container) Split(string spec)
    {
        var parts = spec.Split(':');
        return parts.Length switch
        {
            1 => ("", "", parts[0]),
            2 => ("", parts[0], parts[1]),
            3 => (parts[0], parts[1], parts[2]),
            _ => (string.Join(':', parts[..^2]), parts[^2], parts[^1]),
        };
    }

    /// <summary>The address without its brackets; the complaints about them are those of Go's net.SplitHostPort.</summary>
    private static string Address(string text)
    {
        var address = text;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            var wrong = end < 0 ? "missing ']' in address"
                : end == text.Length - 1 ? null
                : text[end + 1] == ':' ? "too many colons in address"
                : "missing port in address";
            address = wrong is null ? text[1..end] : throw Invalid($"invalid IP address {text}: address {text}:: {wrong}");
        }

        return address.Length == 0 || IsAddress(address) ? address : throw Invalid($"invalid IP address: {address}");
    }

    /// <summary>Stricter than .NET, which takes numbers with fewer than three dots, zones and brackets.</summary>
    private static bool IsAddress(string text) => !text.AsSpan().ContainsAny('[', ']', '%')
        && (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3)
        && IPAddress.TryParse(text, out _);

    private static (string Port, string Protocol) SplitProtocol(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (text, "tcp") : (text[..slash], slash == text.Length - 1 ? "tcp" : text[(slash + 1)..].ToLowerInvariant());
    }

    private static (int First, int Last)? Range(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var first = dash < 0 ? text : text[..dash];
        var last = dash < 0 ? text : text[(dash + 1)..];
        return ushort.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && ushort.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to) && to >= from
            ? (from, to)
            : null;
    }

    private static string RangeError(string text)
    {
        if (text.Length == 0)
        {
            return "empty string specified for ports.";
        }

        var dash = text.IndexOf('-', StringComparison.Ordinal);
        foreach (var part in dash < 0 ? [text] : (string[])[text[..dash], text[(dash + 1)..]])
        {
            if (!ushort.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                var why = part.Length > 0 && part.All(char.IsAsciiDigit) ? "value out of range" : "invalid syntax";
                return $"strconv.ParseUint: parsing {Terminal.Units.Quoting.Quote(part)}: {why}";
            }
        }

        return $"invalid range specified for port: {text}";
    }

    private static string FromLongForm(string text)
    {
        var (published, target, protocol) = ("", "", "tcp");
        foreach (var part in text.Split(','))
        {
            if (part.IndexOf('=', StringComparison.Ordinal) < 1)
            {
                throw Invalid($"invalid publish opts format (should be name=value but got '{part}')");
            }

            // docker reads these three and lets any other name pass.
            var (key, value) = FlagValues.Pair(part);
            switch (key)
            {
                case "published":
                    published = value;
                    break;
                case "target":
                    target = value;
                    break;
                case "protocol":
                    protocol = value;
                    break;
                default:
                    break;
            }
        }

        return $"{published}:{target}/{protocol}";
    }

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
