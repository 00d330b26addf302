using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.State;
using Gantry.Networks;

namespace Gantry.Engine.Containers.Links;

/// <summary>The links between the containers there are, from both ends.</summary>
internal sealed class ContainerLinks(EngineCore core)
{
    /// <summary>The containers that a container links to, with its names for them; those gone are left out.</summary>
    internal IEnumerable<(string Alias, ContainerRecord Target)> Of(ContainerRecord record)
    {
        foreach (var link in record.Links)
        {
            if (core.Containers.TryGet(link.Id, out var target))
            {
                yield return (link.Alias, target.Record);
            }
        }
    }

    /// <summary>As inspect shows them, <c>/TARGET:/CONTAINER/ALIAS</c>; null for none.</summary>
    internal List<string>? Describe(ContainerRecord record)
    {
        var links = Of(record).Select(l => $"/{l.Target.Name}:/{record.Name}/{l.Alias}").ToList();
        return links.Count == 0 ? record.HostConfig.Links : links;
    }

    /// <summary>Further names of all linked containers, <c>/CONTAINER/ALIAS</c>, by id.</summary>
    internal ILookup<string, string> Names() =>
        core.Containers.All().Select(c => c.Record)
            .SelectMany(r => r.Links, (r, link) => (link.Id, Name: $"/{r.Name}/{link.Alias}"))
            .OrderBy(n => n.Name, StringComparer.Ordinal)
            .ToLookup(n => n.Id, n => n.Name);

    /// <summary>All links, with the ports that each is about.</summary>
    internal IEnumerable<LinkAccess> Accesses() =>
        from container in core.Containers.All()
        from link in Of(container.Record)
        select new LinkAccess(container.Id, link.Target.Id, [.. PortsOf(link.Target).Distinct()]);

    private static IEnumerable<(string Protocol, int Port)> PortsOf(ContainerRecord record) =>
        from spec in (record.Config.ExposedPorts?.Keys ?? Enumerable.Empty<string>()).Concat(record.HostConfig.PortBindings?.Keys ?? Enumerable.Empty<string>())
        let port = PortSpecs.Parse(spec)
        select (port.Protocol, port.Port);

    /// <summary>Running containers that name this one in their hosts files.</summary>
    internal IEnumerable<ContainerRecord> LinkingTo(string id) =>
        core.Containers.All().Select(c => c.Record).Where(r => r.State.IsActive && r.Links.Any(l => l.Id == id));
}
