using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Oci;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>The volumes of containers: made at create, held from start to exit, removed with the container where they are its own.</summary>
internal sealed class VolumeUse(EngineCore core)
{
    /// <summary>Makes the volumes that don't exist; returns the names of those made.</summary>
    internal IReadOnlyList<string> Create(ContainerRecord record)
    {
        var made = new List<string>();
        foreach (var mount in record.Mounts.Where(m => m.Type == "volume"))
        {
            if (core.Parts.Volumes.Find(mount.Name) is { } known && (mount.Driver == known.Driver || mount.Driver is "local"))
            {
                continue;
            }

            var options = record.HostConfig.Mounts?.FirstOrDefault(m => CleanPath.Of(m.Target ?? "/") == mount.Destination)?.VolumeOptions;
            var volume = core.Parts.Volumes.Create(new VolumeCreateOptions
            {
                Name = mount.Name,
                Driver = mount.Driver is "local" ? string.Empty : mount.Driver,
                DriverOpts = options?.DriverConfig?.Options,
                Labels = options?.Labels ?? (mount.Anonymous ? new Dictionary<string, string> { ["com.docker.volume.anonymous"] = string.Empty } : null),
            });
            made.Add(mount.Name);
            Publish("create", mount.Name, ("driver", volume.Driver));
        }

        return made;
    }

    /// <summary>Fills empty volumes, or the directories in them that are mounted, with what the image has at their place.</summary>
    internal Task CopyUpAsync(ContainerRecord record)
    {
        var wanted = record.Mounts.Where(m => m is { Type: "volume", CopyUp: true }).ToList();
        if (wanted.Count == 0 || !Digest.TryParse(record.LayerChain, out var chain))
        {
            return Task.CompletedTask;
        }

        return Task.Run(() =>
        {
            using var view = core.Parts.Layers.OpenView(chain);
            foreach (var mount in wanted)
            {
                core.Parts.Volumes.CopyUp(mount.Name, mount.Subpath, view.Root, mount.Destination, core.Stopping.Token);
            }
        });
    }

    /// <summary>Host path of a volume's data for a start; to be given back with <see cref="Release"/>.</summary>
    internal string Acquire(ContainerRecord record, ContainerMount mount)
    {
        var path = core.Parts.Volumes.Acquire(mount.Name, record.Id);
        Publish("mount", mount.Name, ("container", record.Id), ("destination", mount.Destination), ("driver", mount.Driver),
            ("propagation", mount.Propagation), ("read/write", mount.ReadWrite ? "true" : "false"));
        return path;
    }

    /// <summary>Gives all volumes of a container back.</summary>
    internal void Release(ContainerRecord record)
    {
        foreach (var mount in record.Mounts.Where(m => m.Type == "volume"))
        {
            core.Parts.Volumes.Release(mount.Name, record.Id);
            Publish("unmount", mount.Name, ("container", record.Id), ("driver", mount.Driver));
        }
    }

    /// <summary>Undoes <see cref="Create"/>.</summary>
    internal void RemoveMade(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            Remove(name);
        }
    }

    /// <summary>Removes the anonymous volumes of a removed container that nobody else uses.</summary>
    internal void RemoveAnonymous(ContainerRecord record)
    {
        foreach (var mount in record.Mounts.Where(m => m is { Type: "volume", Anonymous: true }))
        {
            if (Users(mount.Name).All(u => u == record.Id))
            {
                Remove(mount.Name);
            }
        }
    }

    /// <summary>Ids of the containers that mount a volume, running or not.</summary>
    internal IReadOnlyList<string> Users(string name) =>
        core.Containers.All().Where(c => c.Record.Mounts.Any(m => m.Type == "volume" && m.Name == name)).Select(c => c.Id).ToList();

    private void Remove(string name)
    {
        if (core.Parts.Volumes.Find(name) is { } volume)
        {
            core.Parts.Volumes.Remove(name, [], force: true);
            Publish("destroy", name, ("driver", volume.Driver));
        }
    }

    internal void Publish(string action, string name, params ReadOnlySpan<(string Key, string Value)> attributes)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in attributes)
        {
            all[key] = value;
        }

        core.Events.Publish("volume", action, name, all);
    }
}
