using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Networks.Addressing;

namespace Gantry.Networks.Ports;

/// <summary>Checked <see cref="PortRequest"/>s that differ in nothing but the host address: they get the same host port.</summary>
/// <param name="HostIps">Addresses that are asked for; null among them for none in particular.</param>
/// <param name="First">First acceptable host port; 0 for any.</param>
internal sealed record PortSpec(string Protocol, int ContainerPort, IReadOnlyList<IPAddress?> HostIps, int First, int Last)
{
    /// <summary>sctp as a socket protocol (IPPROTO_SCTP); the others are the default of their socket type.</summary>
    private const int ProtocolSctp = 132;

    private static readonly string[] s_protocols = ["tcp", "udp", "sctp"];

    public SocketType SocketType => Protocol == "udp" ? SocketType.Dgram : SocketType.Stream;

    /// <summary>Only one host port will do.</summary>
    public bool IsOnePort => First > 0 && First == Last;

    /// <summary>The request leaves room for this host port.</summary>
    public bool Accepts(int hostPort) => First == 0 ? hostPort > 0 : hostPort >= First && hostPort <= Last;

    public int SocketProtocol => Protocol == "sctp" ? ProtocolSctp : 0;

    /// <summary>In the order in which ports are taken: those that can't be any other first.</summary>
    /// <exception cref="GantryException">A request is wrong.</exception>
    public static List<PortSpec> ParseAll(IEnumerable<PortRequest> requests) =>
    [
        .. from spec in requests.Select(Parse)
           group spec by (spec.Protocol, spec.ContainerPort, spec.First, spec.Last) into same
           let first = same.First()
           orderby first.IsOnePort ? 0 : 1, first.ContainerPort, Array.IndexOf(s_protocols, first.Protocol), first.First, first.Last
           select first with { HostIps = [.. same.SelectMany(s => s.HostIps).Distinct()] },
    ];

    public static PortSpec Parse(PortRequest request)
    {
        if (!s_protocols.Contains(request.Protocol))
        {
            throw GantryException.InvalidArgument($"invalid proto: {request.Protocol}");
        }

        if (request.ContainerPort is < 1 or > ushort.MaxValue)
        {
            throw GantryException.InvalidArgument($"invalid containerPort: {request.ContainerPort}");
        }

        var (first, last) = ParsePorts(request.HostPort);
        return new PortSpec(request.Protocol, request.ContainerPort, [ParseHostIp(request.HostIp)], first, last);
    }

    private static IPAddress? ParseHostIp(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        return Subnet.TryParseAddress(text, out var address)
            ? address
            : throw GantryException.InvalidArgument($"invalid IP address: {text}");
    }

    private static (int First, int Last) ParsePorts(string text)
    {
        var parts = text.Split('-');
        if (text.Length == 0)
        {
            return (0, 0);
        }

        if (parts.Length <= 2 && TryPort(parts[0], out var first) && TryPort(parts[^1], out var last) && first <= last && (first > 0 || last == 0))
        {
            return (first, last);
        }

        throw GantryException.InvalidArgument($"invalid port specification: \"{text}\"");
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;
}
