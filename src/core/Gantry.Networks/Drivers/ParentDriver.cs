using System.Globalization;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Drivers;

/// <summary>Host interfaces that macvlan and ipvlan networks hang on: found, or made as VLAN sub-interface or dummy.</summary>
internal sealed class ParentDriver(NetlinkSocket route)
{
    private const int MaxVlan = 4094;

    /// <summary>Sees to it that the parent is there. True: it was made.</summary>
    /// <exception cref="GantryException">There is none and none can be made.</exception>
    public bool Ensure(ParentSettings settings)
    {
        if (route.FindLink(settings.Parent) is not null)
        {
            return false;
        }

        try
        {
            var batch = new NetlinkBatch();
            if (settings.IsDummy)
            {
                batch.AddDummy(settings.Parent);
            }
            else
            {
                var (parent, id) = ParseVlan(settings.Parent);
                batch.AddVlan(settings.Parent, parent.Index, id);
            }

            route.Execute(batch);
            return true;
        }
        catch (LinuxException e)
        {
            throw GantryException.Internal(
                settings.IsDummy ? $"failed to create the {settings.Driver} parent link: {e.Message}" : $"failed to create {settings.Parent} vlan link: {e.Message}", e);
        }
    }

    public int Find(ParentSettings settings) => route.FindLink(settings.Parent)?.Index
        ?? throw GantryException.Internal($"the requested parent interface {settings.Parent} was not found on the Docker host");

    /// <summary>Removes a parent that was made here.</summary>
    public void Remove(ParentSettings settings)
    {
        try
        {
            var batch = new NetlinkBatch();
            batch.DeleteLink(settings.Parent);
            route.Execute(batch);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry($"failed to delete {settings.Parent} link");
        }
    }

    /// <summary><c>eth0.10</c>: VLAN 10 on eth0.</summary>
    private (Link Parent, ushort Id) ParseVlan(string name)
    {
        if (!name.Contains('.', StringComparison.Ordinal))
        {
            throw GantryException.Internal($"invalid subinterface vlan name {name}, example formatting is eth0.10");
        }

        if (name.Split('.') is not [var parent, var digits])
        {
            throw GantryException.Internal($"required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received {name}");
        }

        if (!int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
        {
            throw GantryException.Internal($"unable to parse a valid vlan id from: {digits} (ex. eth0.10 for vlan 10)");
        }

        var link = route.FindLink(parent) ?? throw GantryException.Internal($"-o parent interface was not found on the host: {parent}");
        return id is >= 1 and <= MaxVlan ? (link, (ushort)id) : throw GantryException.Internal($"vlan id must be between 1-4094, received: {id}");
    }
}
