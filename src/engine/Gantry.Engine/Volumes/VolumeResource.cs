using Gantry.Api;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Filters;
using Gantry.Errors;

namespace Gantry.Engine.Volumes;

/// <summary>Volumes as clients see them.</summary>
public sealed class VolumeResource
{
    private readonly EngineCore _core;
    private readonly VolumeUse _use;

    internal VolumeResource(EngineCore core, VolumeUse use)
    {
        _core = core;
        _use = use;
    }

    public VolumeListResponse List(FilterSet filters)
    {
        var accepted = filters.Validate("dangling", "driver", "label", "name");
        var users = UsersByVolume();
        var warnings = new List<string>();
        return new VolumeListResponse
        {
            Volumes = [.. _core.Parts.Volumes.List(accepted.ToDictionary(), users, warnings).Select(v => _core.Parts.Volumes.Describe(v))],
            Warnings = warnings.Count == 0 ? null : warnings,
        };
    }

    /// <exception cref="GantryException">NotFound <c>get NAME: no such volume</c>.</exception>
    public Volume Inspect(string name) => _core.Parts.Volumes.Describe(_core.Parts.Volumes.GetPresent(name));

    public Volume Create(VolumeCreateOptions options)
    {
        if (options.ClusterVolumeSpec is not null)
        {
            throw GantryException.Unavailable("This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.");
        }

        var existed = !string.IsNullOrEmpty(options.Name) && _core.Parts.Volumes.Find(options.Name) is not null;
        var volume = _core.Parts.Volumes.Create(options, used: !string.IsNullOrEmpty(options.Name) && _use.Users(options.Name).Count > 0);
        if (!existed)
        {
            _use.Publish("create", volume.Name, ("driver", volume.Driver));
        }

        return _core.Parts.Volumes.Describe(volume);
    }

    /// <exception cref="GantryException">NotFound, Conflict in Docker's words; with force a missing volume is none.</exception>
    public void Remove(string name, bool force)
    {
        string driver;
        try
        {
            driver = _core.Parts.Volumes.Get(name).Driver;
        }
        catch (GantryException e) when (force && e.Kind == ErrorKind.NotFound)
        {
            return;
        }

        _core.Parts.Volumes.Remove(name, _use.Users(name), force);
        _use.Publish("destroy", name, ("driver", driver));
    }

    public VolumePruneResponse Prune(FilterSet filters)
    {
        var accepted = filters.Validate("label", "label!", "all");
        var used = UsersByVolume();
        var result = _core.Parts.Volumes.Prune(accepted.ToDictionary(), used.ContainsKey);
        foreach (var name in result.VolumesDeleted ?? [])
        {
            _use.Publish("destroy", name, ("driver", "local"));
        }

        _core.Events.Publish("volume", "prune", string.Empty, new Dictionary<string, string>
        {
            ["reclaimed"] = (result.SpaceReclaimed ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        return result;
    }

    /// <summary>All volumes with their sizes (walks them) and numbers of users.</summary>
    internal List<Volume> DiskUsage()
    {
        var users = UsersByVolume();
        return [.. _core.Parts.Volumes.List(FilterSet.Empty.ToDictionary(), users, []).Select(v =>
            _core.Parts.Volumes.Describe(v, users.TryGetValue(v.Name, out var containers) ? containers.Count : 0))];
    }

    /// <summary>Ids of containers by the volumes they mount.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<string>> UsersByVolume() =>
        (from container in _core.Containers.All()
         from mount in container.Record.Mounts
         where mount.Type == "volume"
         group container.Id by mount.Name).ToDictionary(g => g.Key, g => (IReadOnlyList<string>)g.Distinct().ToList());
}
