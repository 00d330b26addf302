using System.Globalization;
using System.Security.Cryptography;
using Gantry.Api;
using Gantry.Errors;
using Gantry.Metadata;
using Gantry.Volumes.Plugins;

namespace Gantry.Volumes;

/// <summary>Volumes of plugins. The record here holds what Docker keeps of them (labels, options); everything else the plugin knows.</summary>
public sealed partial class VolumeStore
{
    private const string Local = "local";

    private readonly VolumePlugins _plugins;
    private readonly Dictionary<string, string> _mounted = [];

    /// <summary>Runs <paramref name="use"/> while the volume can be used at the path it gets, whether a container has it or not.</summary>
    /// <exception cref="GantryException">NotFound; Internal where its plugin fails.</exception>
    public void WhileMounted(string name, Action<string> use)
    {
        var volume = Get(name);
        if (volume.Driver == Local)
        {
            use(volume.Mountpoint);
            return;
        }

        var plugin = _plugins.Get(volume.Driver);
        var user = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var path = plugin.Mount(name, user);
        try
        {
            use(path);
        }
        finally
        {
            plugin.Unmount(name, user);
        }
    }

    /// <summary>Where a volume's data is on the host; empty for a plugin's volume that no container uses.</summary>
    public string PathOf(string name)
    {
        if (Find(name) is not { } volume || volume.Driver == Local)
        {
            return Find(name)?.Mountpoint ?? "";
        }

        lock (_lock)
        {
            return _mounted.GetValueOrDefault(name) ?? "";
        }
    }

    /// <summary>Names of the drivers that there are, as far as they have been used.</summary>
    public IReadOnlyList<string> Drivers => [Local, .. _plugins.Names];

    /// <summary>How many volumes on record a driver has.</summary>
    public int CountOf(string driver) => _records.All().Count(r => r.Value.Driver == driver);

    /// <summary>Counts a container that still has the volume from before the engine started.</summary>
    public void Readopt(string name, string containerId)
    {
        if (Find(name) is not { } volume || volume.Driver == Local)
        {
            Acquire(name, containerId);
            return;
        }

        var path = "";
        try
        {
            path = _plugins.Get(volume.Driver).PathOf(name);
        }
        catch (GantryException)
        {
            // The plugin isn't up yet: the container has its mount all the same.
        }

        lock (_lock)
        {
            UsersOf(name).Add(containerId);
            _mounted[name] = path;
        }
    }

    private VolumeRecord CreateWithPlugin(string name, bool anonymous, VolumeCreateOptions options)
    {
        var plugin = Looked(name, options.Driver!);
        try
        {
            if (plugin.TryGet(name) is null)
            {
                plugin.Create(name, options.DriverOpts);
            }
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"create {name}: {e.Message}", e);
        }

        return Adopt(name, anonymous, plugin, options);
    }

    private VolumePlugin Looked(string name, string driver)
    {
        try
        {
            return _plugins.Get(driver);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"create {name}: {e.Message}", e);
        }
    }

    private VolumeRecord Adopt(string name, bool anonymous, VolumePlugin plugin, VolumeCreateOptions options)
    {
        var record = new VolumeRecord
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            Name = name,
            Driver = plugin.Name,
            Anonymous = anonymous || options.Labels?.ContainsKey(AnonymousLabel) == true,
            Labels = anonymous ? WithAnonymousLabel(options.Labels) : options.Labels is { Count: > 0 } ? options.Labels : null,
            Options = options.DriverOpts is { Count: > 0 } ? options.DriverOpts : null,
            Created = DateTimeOffset.UtcNow,
            Mountpoint = "",
        };
        _records.Put(name, record, anonymous ? Durability.Relaxed : Durability.Durable);
        return record;
    }

    /// <summary>The record of a volume that is asked for with a driver, or none: who has the name keeps it.</summary>
    /// <returns>Null where there is none any more: its plugin has forgotten it, and so does the engine.</returns>
    private VolumeRecord? Existing(string name, string? driver, bool used)
    {
        if (_records.Find(name) is not { } existing)
        {
            return null;
        }

        if (!string.IsNullOrEmpty(driver) && _plugins.FullName(driver) != existing.Driver)
        {
            _ = driver == Local ? null : Looked(name, driver);
            if (existing.Driver == Local || _plugins.Get(existing.Driver).TryGet(name) is not null)
            {
                throw GantryException.Conflict($"create {name}: driver '{existing.Driver}' already has volume '{name}': volume name must be unique");
            }
        }
        else if (existing.Driver == Local || Looked(name, existing.Driver).TryGet(name) is not null)
        {
            return existing;
        }

        if (used)
        {
            throw GantryException.Conflict($"create {name}: found references to volume '{name}' in driver '{existing.Driver}' but the volume was not found in the driver "
                + "-- you may need to remove containers referencing this volume or force remove the volume to re-create it: volume name must be unique");
        }

        _records.Delete(name, Durability.Durable);
        return null;
    }

    /// <summary>A volume that a plugin has and that nobody made through this engine.</summary>
    private VolumeRecord? Probe(string name)
    {
        foreach (var plugin in _plugins.All())
        {
            if (plugin.TryGet(name) is not null)
            {
                return new VolumeRecord { Id = "", Name = name, Driver = plugin.Name, Mountpoint = "" };
            }
        }

        return null;
    }

    /// <summary>What plugins have beside what is on record; those that fail are named.</summary>
    private List<VolumeRecord> Listed(List<string> warnings)
    {
        var known = _records.All().Select(r => r.Value).ToDictionary(v => v.Name);
        var all = known.Values.Where(v => v.Driver == Local).ToList();
        foreach (var plugin in _plugins.All())
        {
            try
            {
                all.AddRange(plugin.List().Where(v => !string.IsNullOrEmpty(v.Name)).Select(v => known.TryGetValue(v.Name!, out var record) && record.Driver == plugin.Name
                    ? record
                    : new VolumeRecord { Id = "", Name = v.Name!, Driver = plugin.Name, Mountpoint = v.Mountpoint ?? "" }));
            }
            catch (GantryException e)
            {
                warnings.Add($"list {plugin.Name}: {e.Message}");
            }
        }

        return [.. all.OrderBy(v => v.Name, StringComparer.Ordinal)];
    }

    private void RemoveFromPlugin(VolumeRecord volume, bool force)
    {
        try
        {
            _plugins.Get(volume.Driver).Remove(volume.Name);
        }
        catch (GantryException e)
        {
            if (force)
            {
                _records.Delete(volume.Name, Durability.Durable);
            }

            throw new GantryException(e.Kind, $"remove {volume.Name}: {e.Message}", e);
        }

        _records.Delete(volume.Name, Durability.Durable);
    }

    private string MountWithPlugin(VolumeRecord volume, string containerId)
    {
        lock (_lock)
        {
            if (!UsersOf(volume.Name).Add(containerId))
            {
                return _mounted.GetValueOrDefault(volume.Name) ?? "";
            }
        }

        try
        {
            var path = _plugins.Get(volume.Driver).Mount(volume.Name, containerId);
            lock (_lock)
            {
                _mounted[volume.Name] = path;
            }

            return path;
        }
        catch (GantryException e)
        {
            Forget(volume.Name, containerId);
            throw new GantryException(e.Kind, $"error while mounting volume '{volume.Mountpoint}': {e.Message}", e);
        }
    }

    private void UnmountWithPlugin(VolumeRecord volume, string containerId)
    {
        if (!Forget(volume.Name, containerId))
        {
            return;
        }

        try
        {
            _plugins.Get(volume.Driver).Unmount(volume.Name, containerId);
        }
        catch (GantryException)
        {
            // The container is gone all the same; its plugin cleans up when it is asked the next time.
        }
    }

    /// <summary>False when the container didn't have it.</summary>
    private bool Forget(string name, string containerId)
    {
        lock (_lock)
        {
            if (!_users.TryGetValue(name, out var users) || !users.Remove(containerId))
            {
                return false;
            }

            if (users.Count == 0)
            {
                _users.Remove(name);
                _mounted.Remove(name);
            }

            return true;
        }
    }

    /// <summary>Under the lock.</summary>
    private HashSet<string> UsersOf(string name)
    {
        if (!_users.TryGetValue(name, out var users))
        {
            _users[name] = users = [];
        }

        return users;
    }

    /// <summary>Like <see cref="Get"/>, but a volume that its plugin has lost is none, whatever is on record.</summary>
    /// <exception cref="GantryException">NotFound.</exception>
    public VolumeRecord GetPresent(string name)
    {
        var volume = Get(name);
        return volume.Driver != Local && IsDenied(volume) ? throw GantryException.NotFound($"get {name}: no such volume") : volume;
    }

    private bool IsDenied(VolumeRecord volume)
    {
        try
        {
            return _plugins.Get(volume.Driver).Denies(volume.Name);
        }
        catch (GantryException)
        {
            return false;
        }
    }

    private Volume DescribePlugin(VolumeRecord volume)
    {
        var (scope, known) = (Local, (PluginVolume?)null);
        var mountpoint = volume.Mountpoint;
        try
        {
            var plugin = _plugins.Get(volume.Driver);
            known = plugin.TryGet(volume.Name);
            scope = plugin.Scope;
            mountpoint = known?.Mountpoint is { Length: > 0 } path ? path : mountpoint;
        }
        catch (GantryException)
        {
            // A plugin that doesn't run: what is on record is all there is.
        }

        return new Volume
        {
            CreatedAt = DateTimeOffset.TryParse(known?.CreatedAt, CultureInfo.InvariantCulture, out var created) && created.Year > 1 ? known.CreatedAt : null,
            Driver = volume.Driver,
            Labels = volume.Labels?.ToDictionary(),
            Mountpoint = mountpoint,
            Name = volume.Name,
            Options = volume.Options?.ToDictionary(),
            Scope = scope,
            Status = known?.Status,
        };
    }
}
