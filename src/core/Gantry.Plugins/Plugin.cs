using Gantry.Errors;

namespace Gantry.Plugins;

/// <summary>A driver in another process (Docker's plugin protocol).</summary>
public abstract class Plugin(string name, string address) : IDisposable
{
    public string Name => name;

    /// <summary><c>unix:///path</c> or <c>tcp://host:port</c>.</summary>
    public string Address => address;

    protected PluginConnection Connection { get; } = new(address);

    /// <summary>What the plugin is, by its own account.</summary>
    /// <exception cref="GantryException">It can't be reached.</exception>
    public IReadOnlyList<string> Activate() => Connection.Call("Plugin.Activate", PluginJson.Default.PluginManifest).Implements ?? [];

    public void Dispose()
    {
        Connection.Dispose();
        GC.SuppressFinalize(this);
    }
}
