using Gantry.Errors;

namespace Gantry.Plugins;

/// <summary>A driver in another process (Docker's plugin protocol).</summary>
public abstract class Plugin(PluginEndpoint endpoint) : IDisposable
{
    public string Name => endpoint.Name;

    internal PluginEndpoint Endpoint => endpoint;

    protected PluginConnection Connection { get; } = new(endpoint.Address, endpoint.Timeout);

    /// <summary>Where on the host a path is that the plugin speaks of.</summary>
    /// <exception cref="GantryException">Internal: it leads out of what the plugin may name.</exception>
    protected string OnHost(string path) => endpoint.OnHost?.Invoke(path) ?? path;

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
