using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>A macvlan or ipvlan interface to be made on a parent of this namespace, straight in another namespace.</summary>
public sealed record SlavePlan
{
    /// <summary><c>macvlan</c> or <c>ipvlan</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Name in the other namespace.</summary>
    public required string Name { get; init; }

    public required int ParentIndex { get; init; }

    /// <summary>MACVLAN_MODE_* or IPVLAN_MODE_*.</summary>
    public required uint Mode { get; init; }

    /// <summary>IPVLAN_F_*; not for macvlan.</summary>
    public ushort Flags { get; init; }

    /// <summary>Six bytes; empty for ipvlan, which has its parent's.</summary>
    public byte[] Mac { get; init; } = [];

    /// <summary>0: the parent's.</summary>
    public int Mtu { get; init; }

    public required SafeFileHandle Namespace { get; init; }
}

/// <summary>Requests for devices that hang on others, or on nothing (linux/if_link.h).</summary>
public static class DerivedLinks
{
    private const ushort AttributeMac = 1;
    private const ushort AttributeName = 3;
    private const ushort AttributeMtu = 4;
    private const ushort AttributeParent = 5;
    private const ushort AttributeLinkInfo = 18;
    private const ushort AttributeNetNsFd = 28;
    private const ushort InfoKind = 1;
    private const ushort InfoData = 2;
    private const ushort MacvlanMode = 1;
    private const ushort IpvlanMode = 1;
    private const ushort IpvlanFlags = 2;
    private const ushort VlanId = 1;

    /// <summary>Creates a macvlan or ipvlan interface, down.</summary>
    public static void AddSlave(this NetlinkBatch batch, SlavePlan plan)
    {
        batch.Begin(RouteMessage.NewLink, RouteMessage.Create | RouteMessage.Exclusive, $"create {plan.Kind} {plan.Name}");
        batch.Put(default(LinkHeader));
        batch.Attribute(AttributeName, plan.Name);
        batch.Attribute(AttributeParent, (uint)plan.ParentIndex);
        if (plan.Mac.Length > 0)
        {
            batch.Attribute(AttributeMac, plan.Mac);
        }

        if (plan.Mtu > 0)
        {
            batch.Attribute(AttributeMtu, (uint)plan.Mtu);
        }

        batch.Attribute(AttributeNetNsFd, (uint)plan.Namespace.DangerousGetHandle());
        var info = batch.BeginNested(AttributeLinkInfo);
        batch.Attribute(InfoKind, plan.Kind);
        var data = batch.BeginNested(InfoData);
        if (plan.Kind == "macvlan")
        {
            batch.Attribute(MacvlanMode, plan.Mode);
        }
        else
        {
            UInt16(batch, IpvlanMode, (ushort)plan.Mode);
            UInt16(batch, IpvlanFlags, plan.Flags);
        }

        batch.EndNested(data);
        batch.EndNested(info);
    }

    /// <summary>Creates an 802.1q sub-interface, up.</summary>
    public static void AddVlan(this NetlinkBatch batch, string name, int parentIndex, ushort id)
    {
        var info = BeginUp(batch, name, "vlan", parentIndex);
        var data = batch.BeginNested(InfoData);
        UInt16(batch, VlanId, id);
        batch.EndNested(data);
        batch.EndNested(info);
    }

    /// <summary>Creates a dummy interface, up.</summary>
    public static void AddDummy(this NetlinkBatch batch, string name) => batch.EndNested(BeginUp(batch, name, "dummy", 0));

    private static int BeginUp(NetlinkBatch batch, string name, string kind, int parentIndex)
    {
        const uint FlagUp = 1;
        batch.Begin(RouteMessage.NewLink, RouteMessage.Create | RouteMessage.Exclusive, $"create {kind} {name}");
        batch.Put(new LinkHeader { Flags = FlagUp, Change = FlagUp });
        batch.Attribute(AttributeName, name);
        if (parentIndex > 0)
        {
            batch.Attribute(AttributeParent, (uint)parentIndex);
        }

        var info = batch.BeginNested(AttributeLinkInfo);
        batch.Attribute(InfoKind, kind);
        return info;
    }

    private static void UInt16(NetlinkBatch batch, ushort type, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        batch.Attribute(type, bytes);
    }
}
