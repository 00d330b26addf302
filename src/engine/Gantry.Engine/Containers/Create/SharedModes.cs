using Gantry.Api;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Create;

/// <summary>
/// The modes that name another container (<c>container:NAME</c>). They are recorded with its id: a rename changes nothing, and another
/// container that takes the name later is not joined by mistake.
/// </summary>
internal static class SharedModes
{
    /// <summary>Replaces names by ids, in place. Containers needn't run before the start.</summary>
    /// <exception cref="GantryException">InvalidArgument: no such container, or none named.</exception>
    internal static void Resolve(HostConfig host, ContainerIndex containers)
    {
        host.PidMode = Resolve(host.PidMode, containers);
        host.IpcMode = Resolve(host.IpcMode, containers);
        if (host.NetworkMode == NetworkSelection.ContainerPrefix)
        {
            throw GantryException.InvalidArgument("Invalid network mode: invalid container format container:<name|id>");
        }

        // The container whose network is joined may still come.
        if (Find(host.NetworkMode, containers) is { } network)
        {
            host.NetworkMode = NetworkSelection.ContainerPrefix + network.Id;
        }
    }

    /// <summary>The container that a mode names, once resolved; null for other modes.</summary>
    internal static ContainerRecord? Find(string? mode, ContainerIndex containers) =>
        NetworkSelection.IsContainer(mode) && containers.TryGet(mode![NetworkSelection.ContainerPrefix.Length..], out var other) ? other.Record : null;

    private static string? Resolve(string? mode, ContainerIndex containers)
    {
        if (!NetworkSelection.IsContainer(mode))
        {
            return mode;
        }

        var name = mode![NetworkSelection.ContainerPrefix.Length..];
        return containers.TryGet(name, out var other)
            ? NetworkSelection.ContainerPrefix + other.Id
            : throw GantryException.InvalidArgument($"No such container: {name}");
    }
}
