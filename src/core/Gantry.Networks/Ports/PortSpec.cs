using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Networks.Addressing;

namespace Gantry.Networks.Ports;

/// <summary>A checked <see cref="PortRequest"/>.</summary>
/// <param name="HostIps">Addresses to bind, all to the same port.</param>
/// <param name="First">First acceptable host port; 0 for any.</param>
internal sealed record PortSpec(string Protocol, int ContainerPort, IReadOnlyList<IPAddress> HostIps, int First, int Last)
{
    /// <summary>sctp as a socket protocol (IPPROTO_SCTP); the others are the default of their socket type.</summary>
    private const int ProtocolSctp = 132;

    public SocketType SocketType => Protocol == "udp" ? SocketType.Dgram : SocketType.Stream;

    /// <summary>Only one host port will do.</summary>
    public bool IsOnePort => First > 0 && First == Last;

    public int SocketProtocol => Protocol == "sctp" ? ProtocolSctp : 0;

    /// <param name="defaultHostIp">Address for requests that name none; empty: all of both families.</param>
    public static PortSpec Parse(PortRequest request, string defaultHostIp)
    {
        if (request.Protocol is not ("tcp" or "udp" or "sctp"))
        {
            throw GantryException.InvalidArgument($"invalid proto: {request.Protocol}");
        }

        if (request.ContainerPort is < 1 or > ushort.MaxValue)
        {
            throw GantryException.InvalidArgument($"invalid containerPort: {request.ContainerPort}");
        }

        var (first, last) = ParsePorts(request.HostPort);
        return new PortSpec(request.Protocol, request.ContainerPort, ParseHostIp(request.HostIp.Length > 0 ? request.HostIp : defaultHostIp), first, last);
    }

    private static IPAddress[] ParseHostIp(string text)
    {
        if (text.Length == 0)
        {
            return [IPAddress.Any, IPAddress.IPv6Any];
        }

        return Subnet.TryParseAddress(text, out var address)
            ? [address]
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
