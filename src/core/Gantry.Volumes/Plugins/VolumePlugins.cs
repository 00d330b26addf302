using Gantry.Errors;
using Gantry.Plugins;

namespace Gantry.Volumes.Plugins;

/// <summary>The volume plugins of the host.</summary>
public sealed class VolumePlugins(PluginDirectories directories) : IDisposable
{
    private readonly PluginTable<VolumePlugin> _table = new(directories, VolumePlugin.Kind, endpoint => new VolumePlugin(endpoint));

    /// <summary>Names of the drivers that have been used.</summary>
    public IReadOnlyList<string> Names => _table.Names;

    public void Dispose() => _table.Dispose();

    /// <exception cref="GantryException">NotFound: there is none; Conflict: it is disabled; Internal: it can't be reached or is something else. Docker's words.</exception>
    internal VolumePlugin Get(string name)
    {
        try
        {
            return _table.Get(name);
        }
        catch (GantryException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Conflict)
        {
            throw new GantryException(e.Kind, $"error looking up volume plugin {name}: {e.Message}");
        }
    }

    /// <summary>The name that a volume's record has its driver by.</summary>
    internal string FullName(string driver) => _table.FullName(driver);

    /// <summary>All that can be reached and are volume drivers.</summary>
    internal IEnumerable<VolumePlugin> All() => _table.All();
}
