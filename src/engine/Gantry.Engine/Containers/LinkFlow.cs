using Gantry.Engine.Containers.Networking;
using Gantry.Errors;
using Gantry.Metadata;

namespace Gantry.Engine.Containers;

/// <summary>Takes links off containers (<c>docker rm --link</c>), running ones too.</summary>
internal sealed class LinkFlow(EngineCore core, NetworkUse networks)
{
    /// <exception cref="GantryException">NotFound in Docker's words: there is no such link.</exception>
    internal async Task RemoveAsync(Container container, string reference, string alias)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            var links = container.Record.HostConfig.Links ?? [];
            var left = links.Where(l => AliasOf(l) != alias).ToList();
            var legacy = container.Record.Links.Where(l => l.Alias != alias).ToList();
            if (left.Count == links.Count && legacy.Count == container.Record.Links.Count)
            {
                throw GantryException.NotFound($"No such container: {reference}/{alias}");
            }

            core.Update(
                container,
                r => r with { HostConfig = r.HostConfig with { Links = left.Count == 0 ? null : left }, Links = legacy },
                Durability.Durable);
            await networks.UnlinkAsync(container.Record, alias).ConfigureAwait(false);
        }
    }

    /// <summary><c>container:alias</c>, or a name that is both.</summary>
    private static string AliasOf(string link) => link[(link.LastIndexOf(':') + 1)..].TrimStart('/');
}
