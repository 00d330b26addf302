using System.Net;

namespace Gantry.Linux.Networking;

/// <summary>A route of the main table.</summary>
/// <param name="Destination">Network address; the unspecified address with length 0 for a default route.</param>
/// <param name="Gateway">Null for on-link routes.</param>
/// <param name="LinkIndex">0 for routes with several next hops or none.</param>
public sealed record Route(IPAddress Destination, int PrefixLength, IPAddress? Gateway, int LinkIndex);

/// <summary>Requests about routes (linux/rtnetlink.h).</summary>
public static class Routes
{
    private const ushort AttributeDestination = 1;
    private const ushort AttributeOutput = 4;
    private const ushort AttributeGateway = 5;
    private const ushort AttributeTable = 15;
    private const byte TableMain = 254;
    private const byte ProtocolBoot = 3;
    private const byte ScopeLink = 253;
    private const byte TypeUnicast = 1;

    /// <summary>
    /// Makes <paramref name="gateway"/> the default gateway of its address family, in place of another one. With the unspecified address
    /// everything is on the link itself.
    /// </summary>
    public static void SetDefaultRoute(this NetlinkBatch batch, IPAddress gateway, int index)
    {
        batch.Begin(RouteMessage.NewRoute, RouteMessage.Create | RouteMessage.Replace, $"set default route via {gateway}");
        PutDefault(batch, gateway);
        batch.Attribute(AttributeOutput, (uint)index);
    }

    /// <summary>Removes the default route through a gateway; not an error when there is none.</summary>
    public static void DeleteDefaultRoute(this NetlinkBatch batch, IPAddress gateway, int index)
    {
        batch.Begin(RouteMessage.DeleteRoute, 0, $"delete default route via {gateway}", Errno.ESRCH);
        PutDefault(batch, gateway);
        batch.Attribute(AttributeOutput, (uint)index);
    }

    private static void PutDefault(NetlinkBatch batch, IPAddress gateway)
    {
        var onLink = gateway.Equals(IPAddress.Any) || gateway.Equals(IPAddress.IPv6Any);
        batch.Put(Header(gateway, 0, onLink && gateway.Equals(IPAddress.Any) ? ScopeLink : (byte)0));
        if (!onLink)
        {
            batch.Attribute(AttributeGateway, gateway.GetAddressBytes());
        }
    }

    /// <summary>Adds a route to an on-link destination, such as a gateway outside the subnet.</summary>
    public static void AddLinkRoute(this NetlinkBatch batch, IPAddress destination, int prefixLength, int index)
    {
        batch.Begin(RouteMessage.NewRoute, RouteMessage.Create | RouteMessage.Replace, $"add route to {destination}/{prefixLength}");
        batch.Put(Header(destination, prefixLength, ScopeLink));
        batch.Attribute(AttributeDestination, destination.GetAddressBytes());
        batch.Attribute(AttributeOutput, (uint)index);
    }

    /// <summary>Adds a route through a gateway.</summary>
    public static void AddRoute(this NetlinkBatch batch, IPAddress destination, int prefixLength, IPAddress gateway, int index)
    {
        batch.Begin(RouteMessage.NewRoute, RouteMessage.Create | RouteMessage.Replace, $"add route to {destination}/{prefixLength} via {gateway}");
        batch.Put(Header(destination, prefixLength, 0));
        batch.Attribute(AttributeDestination, destination.GetAddressBytes());
        batch.Attribute(AttributeGateway, gateway.GetAddressBytes());
        batch.Attribute(AttributeOutput, (uint)index);
    }

    /// <summary>Unicast routes of the main table, both families.</summary>
    public static List<Route> ListRoutes(this NetlinkSocket socket)
    {
        var routes = new List<Route>();
        foreach (var any in (IPAddress[])[IPAddress.Any, IPAddress.IPv6Any])
        {
            var batch = new NetlinkBatch();
            batch.Begin(RouteMessage.GetRoute, RouteMessage.Dump, "list routes");
            batch.Put(new RouteHeader { Family = Addresses.FamilyOf(any) });
            routes.AddRange(socket.Query(batch, (type, payload) => Parse(type, payload, any)));
        }

        return routes;
    }

    private static RouteHeader Header(IPAddress family, int prefixLength, byte scope) => new()
    {
        Family = Addresses.FamilyOf(family),
        DestinationLength = (byte)prefixLength,
        Table = TableMain,
        Protocol = ProtocolBoot,
        Scope = scope,
        Type = TypeUnicast,
    };

    private static unsafe Route? Parse(ushort type, ReadOnlySpan<byte> payload, IPAddress any)
    {
        if (type != RouteMessage.NewRoute || payload.Length < sizeof(RouteHeader) || payload[7] != TypeUnicast)
        {
            return null;
        }

        uint table = payload[4];
        var route = new Route(any, payload[1], null, 0);
        var attributes = new NetlinkAttributes(payload[sizeof(RouteHeader)..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeDestination:
                    route = route with { Destination = new IPAddress(attributes.Value) };
                    break;
                case AttributeGateway:
                    route = route with { Gateway = new IPAddress(attributes.Value) };
                    break;
                case AttributeOutput:
                    route = route with { LinkIndex = (int)attributes.UInt32 };
                    break;
                case AttributeTable:
                    table = attributes.UInt32;
                    break;
            }
        }

        return table == TableMain ? route : null;
    }
}
