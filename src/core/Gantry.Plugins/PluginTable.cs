using System.Collections.Concurrent;
using Gantry.Errors;

namespace Gantry.Plugins;

/// <summary>The plugins of one kind. A plugin is activated at its first use, and again when its address has changed.</summary>
/// <param name="kind">What a plugin must call itself, such as <c>VolumeDriver</c>.</param>
/// <param name="make">Makes the driver of a name and an address.</param>
public sealed class PluginTable<T>(PluginDirectories directories, string kind, Func<string, string, T> make) : IDisposable
    where T : Plugin
{
    private readonly PluginDiscovery _discovery = new(directories);
    private readonly ConcurrentDictionary<string, T> _active = new();

    /// <summary>Names of the plugins that have been used.</summary>
    public IReadOnlyList<string> Names => [.. _active.Keys.Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        foreach (var plugin in _active.Values)
        {
            plugin.Dispose();
        }
    }

    /// <param name="isPatient">Wait for one that is being restarted, if it was never used.</param>
    /// <exception cref="GantryException">NotFound: there is none, or it is something else; Internal: it can't be reached. Docker's words.</exception>
    public T Get(string name, bool isPatient = true)
    {
        var address = _discovery.Find(name) ?? throw GantryException.NotFound($"plugin \"{name}\" not found");
        if (_active.TryGetValue(name, out var known) && known.Address == address)
        {
            return known;
        }

        var plugin = make(name, address);
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
}
