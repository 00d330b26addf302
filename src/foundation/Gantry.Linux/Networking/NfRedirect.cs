using System.Buffers.Binary;
using System.Net;

namespace Gantry.Linux.Networking;

/// <summary>
/// A table that leads what local processes send to one port of an IPv4 address to another port of it. Written to the kernel directly: it is
/// put into each container's namespace, and libnftables would need a context, with a socket it can only use below descriptor 1024, for each.
/// </summary>
public static class NfRedirect
{
    private const byte FamilyIPv4 = 2;
    private const string Chain = "output";
    private const uint HookLocalOut = 3;
    private const int PriorityDestinationNat = -100;
    private const uint PolicyAccept = 1;
    private const uint RegisterA = 1;
    private const uint RegisterB = 2;
    private const uint BaseNetwork = 1;
    private const uint BaseTransport = 2;
    private const int DestinationAddressOffset = 16;
    private const int DestinationPortOffset = 2;
    private const uint MetaL4Proto = 16;
    private const uint DestinationNat = 1;
    private const byte ProtocolTcp = 6;
    private const byte ProtocolUdp = 17;

    /// <summary>Puts the table into the socket's namespace.</summary>
    /// <param name="netfilter">A socket of <see cref="NetlinkFamily.Netfilter"/>.</param>
    /// <param name="replace">There may be such a table; taking it away costs the kernel some 10 ms.</param>
    public static void Put(NetlinkSocket netfilter, string table, IPAddress address, ushort from, ushort to, bool replace)
    {
        var batch = new NetlinkBatch();
        batch.BeginTransaction();
        if (replace)
        {
            Table(batch, NfMessages.NewTable, NfMessages.Create, table);
            Table(batch, NfMessages.DeleteTable, 0, table);
        }

        Table(batch, NfMessages.NewTable, NfMessages.Create, table);
        AddChain(batch, table);
        AddRule(batch, table, ProtocolUdp, address, from, to);
        AddRule(batch, table, ProtocolTcp, address, from, to);
        batch.EndTransaction();
        netfilter.Execute(batch);
    }

    private static void Table(NetlinkBatch batch, ushort message, ushort flags, string table)
    {
        batch.BeginNf(message, flags, FamilyIPv4, $"nftables table {table}");
        batch.Attribute(1, table);
    }

    private static void AddChain(NetlinkBatch batch, string table)
    {
        batch.BeginNf(NfMessages.NewChain, NfMessages.Create, FamilyIPv4, $"nftables chain {table} {Chain}");
        batch.Attribute(1, table);
        batch.Attribute(3, Chain);
        var hook = batch.BeginNested(4, flagged: true);
        batch.BigEndian(1, HookLocalOut);
        batch.BigEndian(2, unchecked((uint)PriorityDestinationNat));
        batch.EndNested(hook);
        batch.BigEndian(5, PolicyAccept);
        batch.Attribute(7, "nat");
    }

    private static void AddRule(NetlinkBatch batch, string table, byte protocol, IPAddress address, ushort from, ushort to)
    {
        batch.BeginNf(NfMessages.NewRule, NfMessages.Create | NfMessages.Append, FamilyIPv4, $"nftables rule in {table} {Chain}");
        batch.Attribute(1, table);
        batch.Attribute(2, Chain);
        var expressions = batch.BeginNested(4, flagged: true);
        Match(batch, BaseNetwork, DestinationAddressOffset, address.GetAddressBytes());
        MatchProtocol(batch, protocol);
        Match(batch, BaseTransport, DestinationPortOffset, Port(from));
        Load(batch, RegisterA, address.GetAddressBytes());
        Load(batch, RegisterB, Port(to));
        Translate(batch);
        batch.EndNested(expressions);
    }

    private static void Match(NetlinkBatch batch, uint part, int offset, byte[] value)
    {
        batch.Expression("payload", b =>
        {
            b.BigEndian(1, RegisterA);
            b.BigEndian(2, part);
            b.BigEndian(3, (uint)offset);
            b.BigEndian(4, (uint)value.Length);
        });
        Equal(batch, value);
    }

    private static void MatchProtocol(NetlinkBatch batch, byte protocol)
    {
        batch.Expression("meta", b =>
        {
            b.BigEndian(1, RegisterA);
            b.BigEndian(2, MetaL4Proto);
        });
        Equal(batch, [protocol]);
    }

    private static void Equal(NetlinkBatch batch, byte[] value) => batch.Expression("cmp", b =>
    {
        b.BigEndian(1, RegisterA);
        b.BigEndian(2, 0);
        b.Value(3, value);
    });

    private static void Load(NetlinkBatch batch, uint register, byte[] value) => batch.Expression("immediate", b =>
    {
        b.BigEndian(1, register);
        b.Value(2, value);
    });

    private static void Translate(NetlinkBatch batch) => batch.Expression("nat", b =>
    {
        b.BigEndian(1, DestinationNat);
        b.BigEndian(2, FamilyIPv4);
        b.BigEndian(3, RegisterA);
        b.BigEndian(5, RegisterB);
    });

    private static byte[] Port(ushort port)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        return bytes;
    }
}
