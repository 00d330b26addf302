using System.Net;
using Gantry.Linux;
using Gantry.Linux.Networking;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Networks.Drivers;

/// <summary>An interface to be, between a bridge, or a parent interface of the host, and a container.</summary>
internal sealed record EndpointPlan
{
    /// <summary>0 where the interface hangs on a parent.</summary>
    public required int BridgeIndex { get; init; }

    /// <summary>What the interface hangs on, with its index; null for a bridge.</summary>
    public (ParentSettings Settings, int Index)? Parent { get; init; }

    /// <summary>Name of the end on the host; empty where there is none.</summary>
    public required string HostName { get; init; }

    public required string ContainerName { get; init; }

    public required byte[] Mac { get; init; }

    /// <summary>The interface was made by somebody else and has a hardware address of its own.</summary>
    public bool Adopted { get; init; }

    public int Mtu { get; init; }

    /// <summary>Ports of the bridge can't reach each other.</summary>
    public bool Isolated { get; init; }

    public required IReadOnlyList<(IPAddress Address, int PrefixLength)> Addresses { get; init; }

    /// <summary>How neighbours learn of the addresses.</summary>
    public Announcement Announcement { get; init; } = Announcement.Default;

    /// <summary>Settings of the interface, <c>net.X.Y.IFNAME.Z=value</c>.</summary>
    public IReadOnlyList<string> Sysctls { get; init; } = [];
}

/// <summary>Interfaces of containers and their routes.</summary>
internal sealed class EndpointDriver(NetlinkSocket route, NamespaceThread host, HostSettings settings)
{
    private const int LoopbackIndex = 1;
    private readonly Announcer _announcer = new(host);

    /// <summary>Makes an empty namespace with loopback up.</summary>
    public NetworkNamespace CreateNamespace() => host.Create(RaiseLoopback);

    /// <summary>The same in a new user namespace, which may change it. The caller disposes both.</summary>
    public (SafeFileHandle User, NetworkNamespace Network) CreateNamespace(IdMaps ids)
    {
        var (user, network) = UserNamespace.CreateWithNetwork(ids);
        var made = NetworkNamespace.Of(network);
        try
        {
            host.RunIn(made, () =>
            {
                RaiseLoopback();
                return true;
            });
            return (user, made);
        }
        catch
        {
            user.Dispose();
            made.Dispose();
            throw;
        }
    }

    /// <summary>Makes the interface and gives it its addresses. Nothing of it stays when this fails.</summary>
    public void Attach(EndpointPlan plan, NetworkNamespace target)
    {
        var batch = new NetlinkBatch();
        AddInterface(batch, plan, target);
        route.Execute(batch);
        try
        {
            ConfigurePort(plan);
            var index = ConfigureInside(plan, target);
            TellNeighbours(plan);
            _announcer.Begin(plan, index, target);
        }
        catch
        {
            Detach(plan.HostName, plan.ContainerName, target);
            throw;
        }
    }

    /// <summary>Brings an interface that somebody else made into a container. It stays where it was when this fails.</summary>
    /// <param name="source">Its name on the host.</param>
    public void Adopt(string source, EndpointPlan plan, IReadOnlyList<StaticRoute> routes, NetworkNamespace target)
    {
        var batch = new NetlinkBatch();
        batch.MoveLink(Index(route, source), source, target.Handle, plan.ContainerName);
        route.Execute(batch);
        try
        {
            var index = ConfigureInside(plan, target);
            _announcer.Begin(plan, index, target);
            AddRoutes(plan.ContainerName, routes, target);
        }
        catch
        {
            GiveBack(plan.ContainerName, source, target);
            throw;
        }
    }

    /// <summary>Moves an interface out of a container again.</summary>
    /// <param name="source">The name it had on the host.</param>
    public void GiveBack(string containerName, string source, NetworkNamespace target)
    {
        using var inside = OpenInside(target);
        if (inside.FindLink(containerName) is { } link)
        {
            var batch = new NetlinkBatch();
            batch.MoveLink(link.Index, containerName, host.Home.Handle, source);
            inside.Execute(batch);
        }
    }

    private void AddRoutes(string interfaceName, IReadOnlyList<StaticRoute> routes, NetworkNamespace target)
    {
        if (routes.Count == 0)
        {
            return;
        }

        using var inside = OpenInside(target);
        var index = Index(inside, interfaceName);
        var batch = new NetlinkBatch();
        foreach (var way in routes)
        {
            if (way.Gateway is { } gateway)
            {
                batch.AddRoute(way.Destination, way.PrefixLength, gateway, index);
            }
            else
            {
                batch.AddLinkRoute(way.Destination, way.PrefixLength, index);
            }
        }

        inside.Execute(batch);
    }

    private static void AddInterface(NetlinkBatch batch, EndpointPlan plan, NetworkNamespace target)
    {
        if (plan.Parent is { } parent)
        {
            batch.AddSlave(new SlavePlan
            {
                Kind = parent.Settings.Driver,
                Name = plan.ContainerName,
                ParentIndex = parent.Index,
                Mode = parent.Settings.KernelMode,
                Flags = parent.Settings.KernelFlags,
                Mac = plan.Mac,
                Mtu = plan.Mtu,
                Namespace = target.Handle,
            });
            return;
        }

        batch.AddVeth(new VethPlan
        {
            Name = plan.HostName,
            Master = plan.BridgeIndex,
            Mtu = plan.Mtu,
            PeerName = plan.ContainerName,
            PeerMac = plan.Mac,
            PeerNamespace = target.Handle,
        });
    }

    /// <summary>Removes an interface at once: both ends are gone when this returns. The kernel takes some 40 ms for that.</summary>
    /// <param name="hostName">Name of its end on the host; empty where it has none and is deleted inside.</param>
    public void Detach(string hostName, string containerName, NetworkNamespace target)
    {
        var batch = new NetlinkBatch();
        if (hostName.Length > 0)
        {
            batch.DeleteLink(hostName);
            route.Execute(batch);
            return;
        }

        using var inside = OpenInside(target);
        batch.DeleteLink(containerName);
        inside.Execute(batch);
    }

    /// <summary>True when an interface of that name is in the container.</summary>
    public bool IsInside(string containerName, NetworkNamespace target)
    {
        using var inside = OpenInside(target);
        return inside.FindLink(containerName) is not null;
    }

    /// <summary>Changes the default routes of a container from one set of gateways to another.</summary>
    public void SetGateways(NetworkNamespace target, IReadOnlyList<GatewayRoute> from, IReadOnlyList<GatewayRoute> to)
    {
        using var inside = OpenInside(target);
        var batch = new NetlinkBatch();
        foreach (var way in to.Except(from))
        {
            batch.SetDefaultRoute(way.Gateway, Index(inside, way.InterfaceName));
        }

        foreach (var way in from.Where(f => !to.Any(t => t.Gateway.AddressFamily == f.Gateway.AddressFamily)))
        {
            if (inside.FindLink(way.InterfaceName) is { } link)
            {
                batch.DeleteDefaultRoute(way.Gateway, link.Index);
            }
        }

        inside.Execute(batch);
    }

    /// <summary>Puts an interface that exists back on its bridge, where it was taken off; false when there is none.</summary>
    public bool TryRejoin(string hostName, int bridgeIndex)
    {
        if (route.FindLink(hostName) is not { } link)
        {
            return false;
        }

        if (link.Master != bridgeIndex)
        {
            var batch = new NetlinkBatch();
            batch.SetLinkMaster(link.Index, hostName, bridgeIndex);
            batch.SetLinkUp(link.Index, hostName);
            route.Execute(batch);
        }

        return true;
    }

    private void ConfigurePort(EndpointPlan plan)
    {
        var hairpin = settings.BridgeFramesAreFiltered;
        if (plan.BridgeIndex > 0 && (hairpin || plan.Isolated))
        {
            var batch = new NetlinkBatch();
            batch.SetBridgePort(Index(route, plan.HostName), plan.HostName, hairpin, plan.Isolated);
            route.Execute(batch);
        }
    }

    /// <summary>Returns the interface's index in the container.</summary>
    private int ConfigureInside(EndpointPlan plan, NetworkNamespace target)
    {
        var v6 = plan.Addresses.Any(a => a.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
        using var inside = host.RunIn(target, () =>
        {
            SwitchIPv6(plan.ContainerName, v6);
            return NetlinkSocket.Open(NetlinkFamily.Route);
        });
        var index = Index(inside, plan.ContainerName);
        var batch = new NetlinkBatch();
        if (plan.Adopted && plan.Mac.Length > 0)
        {
            batch.SetLinkMac(index, plan.ContainerName, plan.Mac);
        }

        foreach (var (address, length) in plan.Addresses)
        {
            batch.AddAddress(index, address, length);
        }

        inside.Execute(batch);
        if (plan.Sysctls.Count > 0)
        {
            _ = host.RunIn(target, () =>
            {
                InterfaceSysctls.Apply(plan.ContainerName, plan.Sysctls);
                return true;
            });
        }

        var up = new NetlinkBatch();
        up.SetLinkUp(index, plan.ContainerName);
        inside.Execute(up);
        return index;
    }

    /// <summary>An interface on an IPv4 network gets no link-local IPv6 address. Runs inside the container's namespace.</summary>
    private static void SwitchIPv6(string interfaceName, bool on)
    {
        var path = $"/proc/sys/net/ipv6/conf/{interfaceName}/disable_ipv6";
        if (File.Exists(path))
        {
            File.WriteAllText(path, on ? "0" : "1");
        }
    }

    /// <summary>The host may remember another hardware address for an address that is given anew.</summary>
    private void TellNeighbours(EndpointPlan plan)
    {
        if (plan.BridgeIndex > 0)
        {
            var batch = new NetlinkBatch();
            foreach (var (address, _) in plan.Addresses)
            {
                batch.SetNeighbour(plan.BridgeIndex, address, plan.Mac);
            }

            route.Execute(batch);
        }
    }

    private NetlinkSocket OpenInside(NetworkNamespace target) => host.RunIn(target, () => NetlinkSocket.Open(NetlinkFamily.Route));

    private static int Index(NetlinkSocket socket, string name) =>
        socket.FindLink(name)?.Index ?? throw new LinuxException("netlink", Errno.ENODEV, name);

    private static void RaiseLoopback()
    {
        using var inside = NetlinkSocket.Open(NetlinkFamily.Route);
        var batch = new NetlinkBatch();
        batch.SetLinkUp(LoopbackIndex, "lo");
        inside.Execute(batch);
    }
}

/// <summary>A route in a container.</summary>
/// <param name="Gateway">Null: the destination is on the link.</param>
internal sealed record StaticRoute(IPAddress Destination, int PrefixLength, IPAddress? Gateway);

/// <summary>The default route of a container in one address family.</summary>
/// <param name="Gateway">The unspecified address for a route that leads to the interface itself.</param>
internal sealed record GatewayRoute(string InterfaceName, IPAddress Gateway);
