using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.Lifecycle;
using Gantry.Engine.Filters;
using Gantry.Errors;

namespace Gantry.Engine.Containers;

/// <summary>Removes all containers that don't run.</summary>
internal sealed class PruneFlow(EngineCore core, RemoveFlow remove)
{
    /// <exception cref="GantryException">InvalidArgument: unknown filters.</exception>
    internal async Task<ContainerPruneResponse> PruneAsync(FilterSet filters)
    {
        var accepted = filters.Validate("until", "label", "label!");
        var until = accepted["until"].Count > 0 ? TimeFilter.Parse(accepted["until"][0], DateTimeOffset.UtcNow) : (DateTimeOffset?)null;
        var deleted = new List<string>();
        var bytes = 0L;
        foreach (var container in core.Containers.All().Where(c => !c.State.IsActive))
        {
            var record = container.Record;
            if ((until is not null && record.Created >= until) || !accepted.MatchLabels("label", record.Config.Labels)
                || (accepted.Has("label!") && accepted.MatchLabels("label!", record.Config.Labels)))
            {
                continue;
            }

            try
            {
                var size = core.Parts.Layers.Usage(record.Id).Bytes;
                await remove.RemoveAsync(container, force: false, removeVolumes: false).ConfigureAwait(false);
                bytes += size;
                deleted.Add(record.Id);
            }
            catch (GantryException e)
            {
                core.Log.Warn("failed to prune container", ("container", record.Id), ("error", e.Message));
            }
        }

        core.Events.Publish("container", "prune", string.Empty, new Dictionary<string, string>
        {
            ["reclaimed"] = bytes.ToString(CultureInfo.InvariantCulture),
        });
        return new ContainerPruneResponse { ContainersDeleted = deleted.Count == 0 ? null : deleted, SpaceReclaimed = bytes };
    }
}
