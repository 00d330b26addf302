using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>A network device.</summary>
/// <param name="Kind"><c>bridge</c>, <c>veth</c> ..., or empty for hardware and loopback.</param>
/// <param name="Master">Index of the bridge it is a port of, or 0.</param>
/// <param name="Mac">Hardware address, empty where the device has none.</param>
/// <param name="Alias">The free text that administrators and programs attach (IFLA_IFALIAS), or empty.</param>
public sealed record Link(int Index, string Name, string Kind, int Master, bool Up, int Mtu, byte[] Mac, string Alias);

/// <summary>A virtual cable to be made: one end here, the other end straight in another namespace.</summary>
public sealed record VethPlan
{
    public required string Name { get; init; }

    /// <summary>Index of the bridge that the near end becomes a port of, or 0.</summary>
    public int Master { get; init; }

    public int Mtu { get; init; }

    public required string PeerName { get; init; }

    /// <summary>Six bytes.</summary>
    public required byte[] PeerMac { get; init; }

    /// <summary>Namespace of the far end.</summary>
    public required SafeFileHandle PeerNamespace { get; init; }
}

/// <summary>Requests about network devices (linux/if_link.h).</summary>
public static class Links
{
    private const uint FlagUp = 1;
    private const ushort AttributeMac = 1;
    private const ushort AttributeName = 3;
    private const ushort AttributeMtu = 4;
    private const ushort AttributeMaster = 10;
    private const ushort AttributeLinkInfo = 18;
    private const ushort AttributeAlias = 20;
    private const ushort AttributeNetNsFd = 28;
    private const ushort AttributeProtInfo = 12;
    private const ushort InfoKind = 1;
    private const ushort InfoData = 2;
    private const ushort VethPeer = 1;
    private const ushort PortState = 1;
    private const ushort PortHairpin = 4;
    private const ushort PortIsolated = 33;
    private const byte FamilyBridge = 7;

    /// <summary>Creates a bridge with a fixed hardware address (else it changes with its ports) and sets it up.</summary>
    public static void AddBridge(this NetlinkBatch batch, string name, ReadOnlySpan<byte> mac, int mtu)
    {
        batch.Begin(RouteMessage.NewLink, RouteMessage.Create | RouteMessage.Exclusive, $"create bridge {name}");
        batch.Put(new LinkHeader { Flags = FlagUp, Change = FlagUp });
        batch.Attribute(AttributeName, name);
        batch.Attribute(AttributeMac, mac);
        if (mtu > 0)
        {
            batch.Attribute(AttributeMtu, (uint)mtu);
        }

        var info = batch.BeginNested(AttributeLinkInfo);
        batch.Attribute(InfoKind, "bridge");
        batch.EndNested(info);
    }

    /// <summary>Creates a veth pair. The near end is up and on its bridge; the far end is in its namespace, under its final name, down.</summary>
    public static void AddVeth(this NetlinkBatch batch, VethPlan plan)
    {
        batch.Begin(RouteMessage.NewLink, RouteMessage.Create | RouteMessage.Exclusive, $"create veth {plan.Name}");
        batch.Put(new LinkHeader { Flags = FlagUp, Change = FlagUp });
        batch.Attribute(AttributeName, plan.Name);
        PutMtu(batch, plan.Mtu);
        if (plan.Master > 0)
        {
            batch.Attribute(AttributeMaster, (uint)plan.Master);
        }

        var info = batch.BeginNested(AttributeLinkInfo);
        batch.Attribute(InfoKind, "veth");
        var data = batch.BeginNested(InfoData);
        var peer = batch.BeginNested(VethPeer);
        batch.Put(default(LinkHeader));
        batch.Attribute(AttributeName, plan.PeerName);
        batch.Attribute(AttributeMac, plan.PeerMac);
        PutMtu(batch, plan.Mtu);
        batch.Attribute(AttributeNetNsFd, (uint)plan.PeerNamespace.DangerousGetHandle());
        batch.EndNested(peer);
        batch.EndNested(data);
        batch.EndNested(info);
    }

    public static void SetLinkUp(this NetlinkBatch batch, int index, string name) => SetFlags(batch, index, name, FlagUp);

    public static void SetLinkDown(this NetlinkBatch batch, int index, string name) => SetFlags(batch, index, name, 0);

    /// <summary>Makes a device a port of a bridge (0 takes it off).</summary>
    public static void SetLinkMaster(this NetlinkBatch batch, int index, string name, int master)
    {
        batch.Begin(RouteMessage.NewLink, 0, $"set master of {name}");
        batch.Put(new LinkHeader { Index = index });
        batch.Attribute(AttributeMaster, (uint)master);
    }

    /// <summary>Moves a device, which goes down by that, into another namespace under a new name.</summary>
    public static void MoveLink(this NetlinkBatch batch, int index, string name, SafeFileHandle target, string newName)
    {
        batch.Begin(RouteMessage.NewLink, 0, $"move {name}");
        batch.Put(new LinkHeader { Index = index });
        batch.Attribute(AttributeName, newName);
        batch.Attribute(AttributeNetNsFd, (uint)target.DangerousGetHandle());
    }

    public static void SetLinkMac(this NetlinkBatch batch, int index, string name, ReadOnlySpan<byte> mac)
    {
        batch.Begin(RouteMessage.NewLink, 0, $"set hardware address of {name}");
        batch.Put(new LinkHeader { Index = index });
        batch.Attribute(AttributeMac, mac);
    }

    public static void SetLinkAlias(this NetlinkBatch batch, string name, string alias)
    {
        batch.Begin(RouteMessage.NewLink, 0, $"set alias of {name}");
        batch.Put(default(LinkHeader));
        batch.Attribute(AttributeName, name);
        batch.Attribute(AttributeAlias, alias);
    }

    /// <summary>
    /// Settings of a bridge port: <paramref name="hairpin"/> sends frames back where they came from, <paramref name="isolated"/> cuts it off
    /// from other isolated ports.
    /// </summary>
    public static void SetBridgePort(this NetlinkBatch batch, int index, string name, bool hairpin, bool isolated)
    {
        batch.Begin(RouteMessage.SetLink, 0, $"set bridge port {name}");
        batch.Put(new LinkHeader { Family = FamilyBridge, Index = index });
        var port = batch.BeginNested(AttributeProtInfo, flagged: true);
        batch.Attribute(PortHairpin, (byte)(hairpin ? 1 : 0));
        batch.Attribute(PortIsolated, (byte)(isolated ? 1 : 0));
        batch.EndNested(port);
    }

    /// <summary>A bridge port that neither gets nor brings in frames any more (BR_STATE_DISABLED), without waiting for anything.</summary>
    public static void DisableBridgePort(this NetlinkBatch batch, int index, string name)
    {
        batch.Begin(RouteMessage.SetLink, 0, $"disable bridge port {name}", Errno.ENODEV);
        batch.Put(new LinkHeader { Family = FamilyBridge, Index = index });
        var port = batch.BeginNested(AttributeProtInfo, flagged: true);
        batch.Attribute(PortState, (byte)0);
        batch.EndNested(port);
    }

    /// <summary>Deletes a device by name; not an error when it is gone already.</summary>
    public static void DeleteLink(this NetlinkBatch batch, string name)
    {
        batch.Begin(RouteMessage.DeleteLink, 0, $"delete link {name}", Errno.ENODEV);
        batch.Put(default(LinkHeader));
        batch.Attribute(AttributeName, name);
    }

    /// <summary>All devices of the socket's namespace.</summary>
    public static List<Link> ListLinks(this NetlinkSocket socket)
    {
        var batch = new NetlinkBatch();
        batch.Begin(RouteMessage.GetLink, RouteMessage.Dump, "list links");
        batch.Put(default(LinkHeader));
        return socket.Query(batch, Parse);
    }

    /// <summary>The device of a name, or null.</summary>
    public static Link? FindLink(this NetlinkSocket socket, string name)
    {
        var batch = new NetlinkBatch();
        batch.Begin(RouteMessage.GetLink, 0, $"get link {name}", Errno.ENODEV);
        batch.Put(default(LinkHeader));
        batch.Attribute(AttributeName, name);
        return socket.Query(batch, Parse).FirstOrDefault();
    }

    private static void SetFlags(NetlinkBatch batch, int index, string name, uint flags)
    {
        batch.Begin(RouteMessage.NewLink, 0, $"set {name} {(flags == 0 ? "down" : "up")}");
        batch.Put(new LinkHeader { Index = index, Flags = flags, Change = FlagUp });
    }

    private static void PutMtu(NetlinkBatch batch, int mtu)
    {
        if (mtu > 0)
        {
            batch.Attribute(AttributeMtu, (uint)mtu);
        }
    }

    private static unsafe Link? Parse(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != RouteMessage.NewLink || payload.Length < sizeof(LinkHeader))
        {
            return null;
        }

        var index = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        var up = (BinaryPrimitives.ReadUInt32LittleEndian(payload[8..]) & FlagUp) != 0;
        var link = new Link(index, "", "", 0, up, 0, [], "");
        var attributes = new NetlinkAttributes(payload[sizeof(LinkHeader)..]);
        while (attributes.Next())
        {
            link = attributes.Type switch
            {
                AttributeName => link with { Name = attributes.Text },
                AttributeMtu => link with { Mtu = (int)attributes.UInt32 },
                AttributeMac => link with { Mac = attributes.Value.ToArray() },
                AttributeMaster => link with { Master = (int)attributes.UInt32 },
                AttributeAlias => link with { Alias = attributes.Text },
                AttributeLinkInfo => link with { Kind = KindOf(attributes.Value) },
                _ => link,
            };
        }

        return link;
    }

    private static string KindOf(ReadOnlySpan<byte> info)
    {
        var attributes = new NetlinkAttributes(info);
        while (attributes.Next())
        {
            if (attributes.Type == InfoKind)
            {
                return attributes.Text;
            }
        }

        return "";
    }
}
