using Gantry.Api;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>Brings everything that mounts something into a container into one list, by destination.</summary>
internal static class MountResolution
{
    /// <summary>
    /// Volumes of other containers first, then binds and mounts, which win over them, then the image's anonymous volumes where nothing else is.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument; NotFound for an unknown container in VolumesFrom.</exception>
    internal static IReadOnlyList<ContainerMount> Resolve(
        ContainerConfig config, HostConfig host, string dataRoot, Func<string, ContainerRecord> find)
    {
        var byDestination = new Dictionary<string, ContainerMount>();
        foreach (var entry in host.VolumesFrom ?? [])
        {
            AddFrom(entry, find, byDestination);
        }

        var own = new HashSet<string>();
        foreach (var mount in (host.Binds ?? []).Select(ParseBind).Select(m => WithDriver(m, host)).Concat((host.Mounts ?? []).Select(MountSpec.Parse)))
        {
            if (!own.Add(mount.Destination) || host.Tmpfs?.Keys.Any(t => CleanPath.Of(t) == mount.Destination) == true)
            {
                throw GantryException.InvalidArgument($"Duplicate mount point: {mount.Destination}");
            }

            byDestination[mount.Destination] = BindPropagation.Settle(Named(mount), dataRoot);
        }

        foreach (var spec in config.Volumes?.Keys ?? Enumerable.Empty<string>())
        {
            AddImageVolume(spec, host, byDestination);
        }

        return [.. byDestination.Values];
    }

    /// <summary>Docker tells malformed binds as failures of its own.</summary>
    /// <exception cref="GantryException">Internal; InvalidArgument for volumes' names.</exception>
    private static ContainerMount ParseBind(string spec)
    {
        try
        {
            return BindSpec.Parse(spec);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.InvalidArgument && !e.Message.StartsWith("create ", StringComparison.Ordinal))
        {
            throw GantryException.Internal(e.Message, e);
        }
    }

    private static void AddFrom(string entry, Func<string, ContainerRecord> find, Dictionary<string, ContainerMount> mounts)
    {
        var colon = entry.IndexOf(':', StringComparison.Ordinal);
        var (name, mode) = colon < 0 ? (entry, string.Empty) : (entry[..colon], entry[(colon + 1)..]);
        if (name.Length == 0)
        {
            throw GantryException.InvalidArgument(entry.Length == 0 ? "volumes-from specification cannot be an empty string" : "invalid name or ID supplied: \"\"");
        }

        // What another container has mounted is taken as it is: no filling, no propagation of its own.
        if (!BindSpec.IsMode(mode) || mode.Split(',').Any(w => w == "nocopy" || BindSpec.IsPropagation(w)))
        {
            throw GantryException.InvalidArgument($"invalid mode: {mode}");
        }

        foreach (var mount in Find(name, find).Mounts)
        {
            mounts[mount.Destination] = mount with
            {
                ReadWrite = mount.ReadWrite && !BindSpec.IsReadOnly(mode),
                Mode = mode.Length > 0 ? mode : mount.Mode,
                CopyUp = false,
            };
        }
    }

    /// <summary>A container that isn't there is the request's fault here, not a missing resource.</summary>
    private static ContainerRecord Find(string name, Func<string, ContainerRecord> find)
    {
        try
        {
            return find(name);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw GantryException.InvalidArgument(e.Message, e);
        }
    }

    private static void AddImageVolume(string path, HostConfig host, Dictionary<string, ContainerMount> mounts)
    {
        var destination = CleanPath.Of(path);
        if (destination == "/" || mounts.ContainsKey(destination) || host.Tmpfs?.Keys.Any(t => CleanPath.Of(t) == destination) == true)
        {
            return;
        }

        mounts[destination] = WithDriver(Named(new ContainerMount { Type = "volume", Destination = destination, Driver = "local", Anonymous = true, CopyUp = true }), host);
    }

    /// <summary>The driver of <c>--volume-driver</c> is for volumes that have no say of their own.</summary>
    private static ContainerMount WithDriver(ContainerMount mount, HostConfig host) =>
        mount.Type == "volume" && !string.IsNullOrEmpty(host.VolumeDriver) ? mount with { Driver = host.VolumeDriver } : mount;

    /// <summary>Gives an anonymous volume its name.</summary>
    private static ContainerMount Named(ContainerMount mount) =>
        mount is { Type: "volume", Name.Length: 0 } ? mount with { Name = Ids.New() } : mount;
}
