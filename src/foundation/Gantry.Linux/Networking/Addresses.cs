using System.Net;
using System.Net.Sockets;

namespace Gantry.Linux.Networking;

/// <summary>An address on a device.</summary>
public sealed record LinkAddress(int LinkIndex, IPAddress Address, int PrefixLength);

/// <summary>Requests about addresses of devices (linux/if_addr.h).</summary>
public static class Addresses
{
    private const ushort AttributeAddress = 1;
    private const ushort AttributeLocal = 2;
    private const ushort AttributeBroadcast = 4;
    private const byte FlagNoDad = 2;
    private const byte ScopeLink = 253;

    /// <summary>
    /// Adds an address with its on-link route. IPv6 addresses skip duplicate address detection: they come from our own allocation, and the
    /// container must be able to use them at once.
    /// </summary>
    public static void AddAddress(this NetlinkBatch batch, int index, IPAddress address, int prefixLength)
    {
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        batch.Begin(RouteMessage.NewAddress, RouteMessage.Create | RouteMessage.Replace, $"add address {address}/{prefixLength}", Errno.EEXIST);
        batch.Put(new AddressHeader
        {
            Family = FamilyOf(address),
            PrefixLength = (byte)prefixLength,
            Flags = v6 ? FlagNoDad : (byte)0,
            Scope = address.IsIPv6LinkLocal || IsIPv4LinkLocal(address) ? ScopeLink : (byte)0,
            Index = index,
        });
        batch.Attribute(AttributeLocal, address.GetAddressBytes());
        batch.Attribute(AttributeAddress, address.GetAddressBytes());
        if (!v6 && prefixLength < 31)
        {
            batch.Attribute(AttributeBroadcast, Broadcast(address.GetAddressBytes(), prefixLength));
        }
    }

    /// <summary>Removes an address; not an error when it is gone already.</summary>
    public static void DeleteAddress(this NetlinkBatch batch, int index, IPAddress address, int prefixLength)
    {
        batch.Begin(RouteMessage.DeleteAddress, 0, $"delete address {address}/{prefixLength}", Errno.EADDRNOTAVAIL);
        batch.Put(new AddressHeader { Family = FamilyOf(address), PrefixLength = (byte)prefixLength, Index = index });
        batch.Attribute(AttributeLocal, address.GetAddressBytes());
        batch.Attribute(AttributeAddress, address.GetAddressBytes());
    }

    /// <summary>All addresses of the socket's namespace.</summary>
    public static List<LinkAddress> ListAddresses(this NetlinkSocket socket)
    {
        var batch = new NetlinkBatch();
        batch.Begin(RouteMessage.GetAddress, RouteMessage.Dump, "list addresses");
        batch.Put(default(AddressHeader));
        return socket.Query(batch, Parse);
    }

    internal static byte FamilyOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)SocketCalls.AF_INET6 : (byte)SocketCalls.AF_INET;

    private static bool IsIPv4LinkLocal(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..];

    private static byte[] Broadcast(byte[] address, int prefixLength)
    {
        for (var bit = prefixLength; bit < 32; bit++)
        {
            address[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return address;
    }

    private static unsafe LinkAddress? Parse(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != RouteMessage.NewAddress || payload.Length < sizeof(AddressHeader))
        {
            return null;
        }

        var index = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        IPAddress? local = null;
        IPAddress? address = null;
        var attributes = new NetlinkAttributes(payload[sizeof(AddressHeader)..]);
        while (attributes.Next())
        {
            if (attributes.Type is AttributeLocal or AttributeAddress && attributes.Value.Length is 4 or 16)
            {
                var value = new IPAddress(attributes.Value);
                (local, address) = attributes.Type == AttributeLocal ? (value, address) : (local, value);
            }
        }

        return (local ?? address) is { } found ? new LinkAddress(index, found, payload[1]) : null;
    }
}
