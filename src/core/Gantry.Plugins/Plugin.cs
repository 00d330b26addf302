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
    /// <param name="isPatient">Wait for one that is being restarted.</param>
    /// <exception cref="GantryException">It can't be reached.</exception>
    public IReadOnlyList<string> Activate(bool isPatient = true) =>
        Connection.Call("Plugin.Activate", PluginJson.Default.PluginManifest, isPatient: isPatient).Implements ?? [];

    public void Dispose()
    {
        Connection.Dispose();
        GC.SuppressFinalize(this);
    }
}
