using System.Collections.Concurrent;
using Gantry.Errors;
using Gantry.Plugins.Managed;

namespace Gantry.Plugins;

/// <summary>The plugins of one kind. A plugin is activated at its first use, and again when its address has changed.</summary>
/// <param name="kind">What a plugin must call itself, such as <c>VolumeDriver</c>.</param>
/// <param name="make">Makes the driver that speaks with an endpoint.</param>
public sealed class PluginTable<T>(PluginDirectories directories, string kind, Func<PluginEndpoint, T> make) : IDisposable
    where T : Plugin
{
    private readonly PluginDiscovery _discovery = new(directories);
    private readonly ConcurrentDictionary<string, T> _active = new();
    private readonly ConcurrentDictionary<string, T> _managed = new();

    /// <summary>Names of the plugins that have been used, without those that the engine runs.</summary>
    public IReadOnlyList<string> Names => [.. _active.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Names of the running plugins of this kind that the engine runs.</summary>
    public IReadOnlyList<string> ManagedNames => [.. directories.Managed.Enabled(kind).Select(p => p.Name)];

    public void Dispose()
    {
        foreach (var plugin in _active.Values.Concat(_managed.Values))
        {
            plugin.Dispose();
        }
    }

    /// <param name="isPatient">Wait for one that is being restarted, if it was never used.</param>
    /// <exception cref="GantryException">NotFound: there is none, or it is something else; Conflict: it is disabled; Internal: it can't be reached. Docker's words.</exception>
    public T Get(string name, bool isPatient = true)
    {
        if (directories.Managed.FindDriver(name, kind) is { } managed)
        {
            return OfManaged(managed);
        }

        var address = _discovery.Find(name) ?? throw GantryException.NotFound($"plugin \"{name}\" not found");
        if (_active.TryGetValue(name, out var known) && known.Endpoint.Address == address)
        {
            return known;
        }

        var plugin = make(new PluginEndpoint(name, address));
        try
        {
            if (!plugin.Activate(isPatient).Contains(kind))
            {
                throw GantryException.NotFound($"Plugin does not implement the requested driver: plugin=\"{name}\", requested implementation=\"{kind}\"");
            }
        }
        catch
        {
            plugin.Dispose();
            throw;
        }

        _active[name] = plugin;
        return plugin;
    }

    /// <summary>All that can be reached and are of this kind. What another left behind, a socket that nobody listens at, doesn't hold a list up.</summary>
    public IEnumerable<T> All()
    {
        foreach (var managed in directories.Managed.Enabled(kind))
        {
            yield return OfManaged(managed);
        }

        foreach (var name in _discovery.All())
        {
            T? plugin = null;
            try
            {
                plugin = Get(name, isPatient: false);
            }
            catch (GantryException)
            {
                // Another kind of plugin, or one that doesn't run.
            }

            if (plugin is not null)
            {
                yield return plugin;
            }
        }
    }

    /// <summary>The full name of the plugin that the engine runs under this one; the name itself where there is none.</summary>
    public string FullName(string name) => directories.Managed.FullName(name);

    /// <summary>What a plugin is that the engine runs stands in its configuration. It gets connections of its own each time it was started.</summary>
    private T OfManaged(ManagedPlugin managed)
    {
        if (_managed.TryGetValue(managed.Id, out var known) && ReferenceEquals(known.Endpoint, managed.Endpoint))
        {
            return known;
        }

        var plugin = make(managed.Endpoint);
        _managed[managed.Id] = plugin;
        return plugin;
    }
}
