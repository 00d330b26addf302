using System.Collections.Concurrent;
using Gantry.Errors;

namespace Gantry.Volumes.Plugins;

/// <summary>The volume plugins of the host. A plugin is activated at its first use.</summary>
public sealed class VolumePlugins(PluginDirectories directories) : IDisposable
{
    private readonly PluginDiscovery _discovery = new(directories);
    private readonly ConcurrentDictionary<string, VolumePlugin> _active = new();

    /// <summary>Names of the drivers that have been used.</summary>
    public IReadOnlyList<string> Names => [.. _active.Keys.Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        foreach (var plugin in _active.Values)
        {
            plugin.Dispose();
        }
    }

    /// <exception cref="GantryException">NotFound: there is none; Internal: it can't be reached or is something else. Docker's words.</exception>
    internal VolumePlugin Get(string name)
    {
        var address = _discovery.Find(name) ?? throw NotFound(name, $"plugin \"{name}\" not found");
        if (_active.TryGetValue(name, out var known) && known.Address == address)
        {
            return known;
        }

        var plugin = new VolumePlugin(name, address);
        try
        {
            if (!plugin.Activate().Contains(VolumePlugin.Kind))
            {
                throw NotFound(name, $"Plugin does not implement the requested driver: plugin=\"{name}\", requested implementation=\"{VolumePlugin.Kind}\"");
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

    /// <summary>All that can be reached and are volume drivers.</summary>
    internal IEnumerable<VolumePlugin> All()
    {
        foreach (var name in _discovery.All())
        {
            VolumePlugin? plugin = null;
            try
            {
                plugin = Get(name);
            }
            catch (GantryException)
            {
                // Another kind of plugin, or one that doesn't run: it has no volumes to show.
            }

            if (plugin is not null)
            {
                yield return plugin;
            }
        }
    }

    private static GantryException NotFound(string name, string why) => GantryException.NotFound($"error looking up volume plugin {name}: {why}");
}
