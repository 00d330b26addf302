using System.Collections.Concurrent;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Plugins.Managed;

/// <summary>
/// The plugins that the engine runs itself. Written by the engine, read by whoever looks for a driver. Thread-safe.
/// </summary>
public sealed class ManagedPlugins
{
    private readonly ConcurrentDictionary<string, ManagedPlugin> _plugins = new(StringComparer.Ordinal);

    /// <summary>Adds a plugin or replaces what is known of it.</summary>
    public void Set(ManagedPlugin plugin) => _plugins[plugin.Id] = plugin;

    public void Remove(string id) => _plugins.TryRemove(id, out _);

    /// <summary>Running plugins of a kind, by name.</summary>
    public IReadOnlyList<ManagedPlugin> Enabled(string kind) =>
        [.. _plugins.Values.Where(p => p.IsEnabled && p.SpeaksHttp && p.Is(kind)).OrderBy(p => p.Name, StringComparer.Ordinal)];

    /// <summary>The plugin with a name (its tag may be left out), an id, or the beginning of one; null when there is none.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words: several ids begin so.</exception>
    public ManagedPlugin? Find(string nameOrId)
    {
        if (_plugins.TryGetValue(nameOrId, out var exact))
        {
            return exact;
        }

        if (!ImageReference.TryParse(nameOrId, out var reference) || !reference.Digest.IsEmpty)
        {
            return null;
        }

        var name = reference.WithDefaultTag().Familiar;
        if (_plugins.Values.FirstOrDefault(p => p.Name == name) is { } named)
        {
            return named;
        }

        return _plugins.Values.Where(p => p.Id.StartsWith(nameOrId, StringComparison.Ordinal)).Take(2).ToList() switch
        {
            [var only] => only,
            [_, _] => throw GantryException.InvalidArgument($"multiple plugins found for \"{nameOrId}\""),
            _ => null,
        };
    }

    /// <summary>The running plugin of that name, if it is of this kind; null when no plugin has the name.</summary>
    /// <exception cref="GantryException">Conflict: it doesn't run; NotFound: it is of another kind; Internal: it speaks another protocol. Docker's words.</exception>
    public ManagedPlugin? FindDriver(string name, string kind)
    {
        var plugin = Find(name);
        return plugin is null ? null
            : !plugin.IsEnabled ? throw GantryException.Conflict($"plugin {name} found but disabled")
            : !plugin.Is(kind) ? throw GantryException.NotFound($"plugin does not provide \"{kind.ToLowerInvariant()}\" capability")
            : !plugin.SpeaksHttp ? throw GantryException.Internal($"plugin {plugin.Name}: unsupported plugin protocol {plugin.Protocol}")
            : plugin;
    }

    /// <summary>The full name of the plugin that a driver's name means; the name itself where it means none.</summary>
    public string FullName(string driver) => Find(driver)?.Name ?? driver;
}
