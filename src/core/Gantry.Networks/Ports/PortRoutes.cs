using System.Net;
using System.Net.Sockets;
using Gantry.Networks.Drivers;
using Gantry.Networks.Firewall;

namespace Gantry.Networks.Ports;

/// <summary>Where a container's published ports lead in one address family.</summary>
/// <param name="Address">The container's address.</param>
/// <param name="HostBinding">The network's host address for ports that name none, or empty.</param>
/// <param name="Direct">Who reaches the ports at that address itself.</param>
internal sealed record PortRoute(IPAddress Address, GatewayMode Mode, string HostBinding, DirectAccess Direct)
{
    /// <summary>There are no host ports; the container's own are opened.</summary>
    public bool IsRouted => Mode == GatewayMode.Routed;
}

/// <summary>Where a container's published ports lead.</summary>
/// <param name="V4">Null where IPv4 clients aren't served.</param>
/// <param name="V6">Null where the container has no IPv6 address.</param>
/// <param name="Relay6To4">IPv6 clients are served in user mode, at the IPv4 address.</param>
internal sealed record PortRoutes(PortRoute? V4, PortRoute? V6, bool Relay6To4)
{
    public static PortRoutes None { get; } = new(null, null, false);

    public bool IsEmpty => V4 is null && V6 is null;

    /// <summary>Host addresses on which a port is opened; "any" of the family for a routed port.</summary>
    public IReadOnlyList<(IPAddress HostIp, bool Routed)> HostAddresses(IPAddress? wanted)
    {
        var result = new List<(IPAddress, bool)>();
        if (V4 is not null && Choose(V4, wanted, AddressFamily.InterNetwork, IPAddress.Any) is { } four)
        {
            result.Add((four, V4.IsRouted));
        }

        var six = V6 ?? (Relay6To4 ? V4! with { Mode = GatewayMode.Nat } : null);
        if (six is not null && Choose(six, wanted, AddressFamily.InterNetworkV6, IPAddress.IPv6Any) is { } address)
        {
            result.Add((address, six.IsRouted));
        }

        return result;
    }

    /// <summary>What the firewall has to know of held ports.</summary>
    public IEnumerable<PortMapping> Mappings(IEnumerable<HeldPort> ports) =>
        from port in ports
        let route = port.HostIp.AddressFamily == AddressFamily.InterNetworkV6 ? V6 : V4
        where route is not null && !port.HostIp.Equals(IPAddress.IPv6Loopback)
        select new PortMapping(port.Protocol, port.AnyAddress ? null : port.HostIp, port.HostPort, route.Address, port.ContainerPort, route.Direct);

    /// <summary>Where user-mode forwarding of a held port goes, or null.</summary>
    public IPEndPoint? TargetOf(HeldPort port) =>
        (port.HostIp.AddressFamily == AddressFamily.InterNetworkV6 ? V6 ?? V4 : V4) is { } route ? new IPEndPoint(route.Address, port.ContainerPort) : null;

    /// <summary>Host address of one family for a port that wants a certain one, or none in particular (null).</summary>
    private static IPAddress? Choose(PortRoute route, IPAddress? wanted, AddressFamily family, IPAddress any)
    {
        if (wanted is not null)
        {
            return wanted.AddressFamily != family ? null : route.IsRouted ? any : wanted;
        }

        if (route.HostBinding.Length == 0 || !IPAddress.TryParse(route.HostBinding, out var binding) || binding.Equals(IPAddress.Any))
        {
            return any;
        }

        return binding.AddressFamily != family ? null : route.IsRouted ? any : binding;
    }
}
