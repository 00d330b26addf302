using System.Net;
using System.Net.Sockets;

namespace Gantry.Linux.Networking;

/// <summary>Connection tracking (linux/netfilter/nfnetlink_conntrack.h).</summary>
public static class Conntrack
{
    private const int Subsystem = 1;
    private const ushort MessageNew = 0;
    private const ushort MessageGet = 1;
    private const ushort MessageDelete = 2;
    private const ushort TupleOriginal = 1;
    private const ushort TupleReply = 2;
    private const ushort Filter = 25;
    private const ushort FilterReplyFlags = 2;
    private const uint FilterSourceAddress = 1;
    private const uint FilterProtocol = 1 << 3;
    private const int HeaderLength = 4;

    /// <summary>
    /// Forgets the flows of a protocol that were translated to an address. Else datagrams of a client that keeps sending go to that address for
    /// as long as it does, whoever has it by then.
    /// </summary>
    /// <param name="netfilter">A socket of <see cref="NetlinkFamily.Netfilter"/>.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <returns>The number of flows.</returns>
    public static int ForgetFlowsTo(NetlinkSocket netfilter, IPAddress address, byte protocol)
    {
        var family = Addresses.FamilyOf(address);
        var request = new NetlinkBatch();
        Begin(request, MessageGet, RouteMessage.Dump, family);
        PutTuple(request, TupleReply, address, protocol);
        var filter = request.BeginNested(Filter, flagged: true);
        request.Attribute(FilterReplyFlags, FilterSourceAddress | FilterProtocol);
        request.EndNested(filter);
        var flows = netfilter.Query(request, (type, payload) => OriginalOf(type, payload, address, protocol));
        foreach (var chunk in flows.Chunk(64))
        {
            var batch = new NetlinkBatch();
            foreach (var original in chunk)
            {
                Begin(batch, MessageDelete, 0, family);
                batch.Attribute(TupleOriginal | 0x8000, original);
            }

            netfilter.Execute(batch);
        }

        return flows.Count;
    }

    private static void Begin(NetlinkBatch batch, ushort message, ushort flags, byte family)
    {
        batch.Begin((ushort)((Subsystem << 8) | message), flags, "connection tracking", Errno.ENOENT);
        batch.Put((uint)family);
    }

    private static void PutTuple(NetlinkBatch batch, ushort type, IPAddress source, byte protocol)
    {
        var v6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = source.GetAddressBytes();
        var tuple = batch.BeginNested(type, flagged: true);
        var ip = batch.BeginNested(1, flagged: true);
        batch.Attribute((ushort)(v6 ? 3 : 1), bytes);
        batch.EndNested(ip);
        var proto = batch.BeginNested(2, flagged: true);
        batch.Attribute(1, protocol);
        batch.EndNested(proto);
        batch.EndNested(tuple);
    }

    /// <summary>The original tuple of a flow, as raw bytes; null when it is another's: kernels before 5.8 don't filter.</summary>
    private static byte[]? OriginalOf(ushort type, ReadOnlySpan<byte> payload, IPAddress address, byte protocol)
    {
        if (type != ((Subsystem << 8) | MessageNew) || payload.Length < HeaderLength)
        {
            return null;
        }

        byte[]? original = null;
        var matches = false;
        var attributes = new NetlinkAttributes(payload[HeaderLength..]);
        while (attributes.Next())
        {
            if (attributes.Type == TupleOriginal)
            {
                original = attributes.Value.ToArray();
            }
            else if (attributes.Type == TupleReply)
            {
                matches = IsFrom(attributes.Value, address, protocol);
            }
        }

        return matches ? original : null;
    }

    private static bool IsFrom(ReadOnlySpan<byte> tuple, IPAddress address, byte protocol)
    {
        var (sameAddress, sameProtocol) = (false, false);
        var parts = new NetlinkAttributes(tuple);
        while (parts.Next())
        {
            var fields = new NetlinkAttributes(parts.Value);
            while (fields.Next())
            {
                sameAddress |= parts.Type == 1 && fields.Type is (1 or 3) && fields.Value.SequenceEqual(address.GetAddressBytes());
                sameProtocol |= parts.Type == 2 && fields.Type == 1 && fields.Value.Length == 1 && fields.Value[0] == protocol;
            }
        }

        return sameAddress && sameProtocol;
    }
}
