using System.Net;

namespace Gantry.Linux.Networking;

/// <summary>Requests about the neighbour (ARP, NDP) table.</summary>
public static class Neighbours
{
    private const ushort AttributeDestination = 1;
    private const ushort AttributeMac = 2;
    private const ushort StateReachable = 2;

    /// <summary>
    /// Tells the kernel a neighbour's hardware address, in place of what it may remember of an earlier owner of the address. The entry ages as
    /// if it had been learned.
    /// </summary>
    public static void SetNeighbour(this NetlinkBatch batch, int index, IPAddress address, ReadOnlySpan<byte> mac)
    {
        batch.Begin(RouteMessage.NewNeighbour, RouteMessage.Create | RouteMessage.Replace, $"set neighbour {address}");
        batch.Put(new NeighbourHeader { Family = Addresses.FamilyOf(address), Index = index, State = StateReachable });
        batch.Attribute(AttributeDestination, address.GetAddressBytes());
        batch.Attribute(AttributeMac, mac);
    }
}
