using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Drivers;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

/// <summary>macvlan and ipvlan networks: their interfaces hang on one of the host's.</summary>
public sealed partial class NetworkService
{
    private NetworkEntry NewParentNetwork(NetworkCreateOptions options, IReadOnlyList<PoolState> given)
    {
        var id = Ids.New();
        var parent = ParentSettings.Parse(options.Driver, id, options.Options);
        CheckParent(parent);

        // Without a parent there is nothing outside.
        var internalOnly = options.Internal || parent.IsDummy;
        var gateway = !internalOnly && parent.Mode is not ("l3" or "l3s");
        var pools = given.Count > 0 ? given : _planner.Plan(options, (gateway, gateway), [.. _networks.Values.SelectMany(n => n.Subnets)], HostRanges());
        var record = ToRecord(options, id) with { Ipam = Describe(options.Ipam, pools) };
        return new NetworkEntry(new NetworkState { Record = record, Pools = pools, OwnsParent = OwnsParent(parent) }, new BridgeSettings(), PluginPool(record.Ipam)) { Parent = parent };
    }

    private void CheckParent(ParentSettings parent)
    {
        foreach (var other in _networks.Values.Where(n => n.Parent is { } p && p.Parent == parent.Parent && p.Driver == parent.Driver))
        {
            if (!parent.IsMacvlan)
            {
                throw GantryException.Internal($"network dm-{Ids.Short(other.Record.Id)} is already using parent interface {parent.Parent}");
            }

            if (parent.IsPassthru)
            {
                throw GantryException.Internal($"cannot use mode passthru, macvlan network {other.Record.Id} is already using parent interface {parent.Parent}");
            }

            if (other.Parent!.IsPassthru)
            {
                throw GantryException.Internal($"macvlan network {other.Record.Id} is already using parent interface {parent.Parent} in mode passthru");
            }
        }
    }

    /// <summary>
    /// Whether the interface is ours, decided before it is made, so that the record says so when we are killed in between: it isn't there yet, or
    /// another network's creation made it.
    /// </summary>
    private bool OwnsParent(ParentSettings parent) =>
        _route.FindLink(parent.Parent) is null || _networks.Values.Any(n => n.State.OwnsParent && n.Parent?.Parent == parent.Parent);

    private bool SharesParent(NetworkEntry entry) =>
        _networks.Values.Any(n => n != entry && n.Parent?.Parent == entry.Parent?.Parent);

    private void RaiseParent(NetworkEntry entry) => _parents.Ensure(entry.Parent!);
}
