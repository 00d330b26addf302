using Gantry.Api;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Links;

/// <summary>
/// What <c>HostConfig.Links</c> of a new container means. On the default bridge links are kept by the other container's id, so that both may be
/// renamed; on networks of users they are names for the network's name server and stay as they are.
/// </summary>
internal static class LinkResolution
{
    /// <summary>Takes the links of the default bridge out of the configuration.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static IReadOnlyList<ContainerLink> Take(HostConfig host, ContainerIndex containers)
    {
        if (host.Links is not { Count: > 0 } given || NetworkSelection.IsUserDefined(host.NetworkMode!))
        {
            return [];
        }

        host.Links = null;
        return [.. given.Select(Parse).Select(l => new ContainerLink(Target(l.Name, containers).Id, l.Alias.TrimStart('/'))).DistinctBy(l => l.Alias)];
    }

    /// <summary><c>NAME</c>, <c>NAME:ALIAS</c>, or what inspect shows: <c>/NAME:/CONTAINER/ALIAS</c>.</summary>
    private static (string Name, string Alias) Parse(string text)
    {
        var parts = text.Split(':');
        return text.Length == 0 ? throw GantryException.Internal("empty string specified for links")
            : parts.Length > 2 ? throw GantryException.Internal($"bad format for links: {text}")
            : parts.Length == 1 ? (text, text)
            : parts[0].StartsWith('/') ? (parts[0][1..], parts[1][(parts[1].LastIndexOf('/') + 1)..])
            : (parts[0], parts[1]);
    }

    /// <summary>The container that has the network: that of a container which joined another's is the other's.</summary>
    private static ContainerRecord Target(string name, ContainerIndex containers)
    {
        if (!containers.TryGet(name, out var container))
        {
            var why = name.Length == 0 ? "invalid name or ID supplied: \"\"" : $"No such container: {name}";
            throw GantryException.InvalidArgument($"could not get container for {name}: {why}");
        }

        var record = container.Record;
        while (SharedModes.Find(record.HostConfig.NetworkMode, containers) is { } owner)
        {
            record = owner;
        }

        return record.HostConfig.NetworkMode == "host"
            ? throw GantryException.InvalidArgument("conflicting options: host type networking can't be used with links. This would result in undefined behavior")
            : record;
    }
}
