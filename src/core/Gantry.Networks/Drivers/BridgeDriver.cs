using System.Net;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;
using Gantry.Networks.Addressing;

namespace Gantry.Networks.Drivers;

/// <summary>A bridge to be, with the addresses it has as the gateway of its network.</summary>
internal sealed record BridgePlan(string Name, string NetworkId, int Mtu, IReadOnlyList<(IPAddress Address, int PrefixLength)> Addresses, bool OwnsDevice, bool Intercom);

/// <summary>Bridge devices on the host. Ours carry a mark in their alias, so that a restarted engine knows them from others'.</summary>
internal sealed class BridgeDriver(NetlinkSocket route, HostSettings settings, string instanceId)
{
    private string Mark => $"gantry:{instanceId}:";

    /// <summary>Makes the bridge, or completes one that is there; returns its index.</summary>
    public int Ensure(BridgePlan plan)
    {
        try
        {
            var link = route.FindLink(plan.Name) ?? Create(plan);
            if (link.Kind != "bridge")
            {
                throw GantryException.Conflict($"device {plan.Name} exists and is not a bridge");
            }

            Complete(plan, link);
            return link.Index;
        }
        catch (LinuxException e)
        {
            throw e.ToGantry($"bridge {plan.Name}");
        }
    }

    /// <summary>Removes a bridge if it is ours.</summary>
    public void Remove(string name)
    {
        try
        {
            if (route.FindLink(name) is { } link && IsOurs(link))
            {
                Delete(name);
            }
        }
        catch (LinuxException e)
        {
            throw e.ToGantry($"bridge {name}");
        }
    }

    /// <summary>Our bridges on the host, and the ports of each.</summary>
    public List<(Link Bridge, List<Link> Ports)> ListOurs()
    {
        var links = route.ListLinks();
        return [.. links.Where(l => l.Kind == "bridge" && IsOurs(l)).Select(b => (b, links.Where(p => p.Master == b.Index).ToList()))];
    }

    public bool IsMissing(int index) => route.ListLinks().TrueForAll(l => l.Index != index);

    /// <summary>
    /// Shuts the port of a bridge that an ended container's interface is on: until the kernel has deleted it, it would answer for an address that
    /// another may have by then. Gone already is fine.
    /// </summary>
    public void Shut(string name)
    {
        if (route.FindLink(name) is { Master: > 0 } link)
        {
            var batch = new NetlinkBatch();
            batch.DisableBridgePort(link.Index, name);
            route.Execute(batch);
        }
    }

    /// <summary>Deletes a device of any kind, at once.</summary>
    public void Delete(string name)
    {
        var batch = new NetlinkBatch();
        batch.DeleteLink(name);
        route.Execute(batch);
    }

    private Link Create(BridgePlan plan)
    {
        var batch = new NetlinkBatch();
        batch.AddBridge(plan.Name, MacAddress.Random(), plan.Mtu);
        batch.SetLinkAlias(plan.Name, Mark + plan.NetworkId);
        route.Execute(batch);
        return route.FindLink(plan.Name) ?? throw new LinuxException("netlink", Errno.ENODEV, plan.Name);
    }

    private void Complete(BridgePlan plan, Link link)
    {
        var batch = new NetlinkBatch();
        if (plan.OwnsDevice && !IsOurs(link))
        {
            batch.SetLinkAlias(plan.Name, Mark + plan.NetworkId);
        }

        if (!plan.OwnsDevice && !plan.Intercom)
        {
            // It answers for its containers, which remember its hardware address; set by somebody, that no longer changes with the ports.
            batch.SetLinkMac(link.Index, plan.Name, link.Mac);
        }

        foreach (var (address, length) in plan.Addresses)
        {
            batch.AddAddress(link.Index, address, length);
        }

        batch.SetLinkUp(link.Index, plan.Name);
        route.Execute(batch);
        settings.RouteLoopback(plan.Name);
        if (!plan.Intercom)
        {
            settings.StandInForNeighbours(plan.Name);
        }
    }

    private bool IsOurs(Link link) => link.Alias.StartsWith(Mark, StringComparison.Ordinal);
}
