using Gantry.Errors;

namespace Gantry.Volumes.Plugins;

/// <summary>A driver of volumes in another process (the volume plugin protocol).</summary>
internal sealed class VolumePlugin(string name, string address) : IDisposable
{
    internal const string Kind = "VolumeDriver";

    private readonly PluginConnection _connection = new(address);
    private string? _scope;

    public string Name => name;

    public string Address => address;

    /// <summary><c>local</c> or <c>global</c>; local where the plugin doesn't say.</summary>
    public string Scope => _scope ??= ReadScope();

    /// <summary>What the plugin is, by its own account.</summary>
    /// <exception cref="GantryException">It can't be reached.</exception>
    public IReadOnlyList<string> Activate() => _connection.Call("Plugin.Activate", null).Implements ?? [];

    public void Create(string volume, IReadOnlyDictionary<string, string>? options) =>
        _connection.Call("VolumeDriver.Create", new PluginRequest { Name = volume, Opts = options ?? new Dictionary<string, string>() });

    public void Remove(string volume) => _connection.Call("VolumeDriver.Remove", new PluginRequest { Name = volume });

    /// <summary>Makes the volume usable for one user; returns the path on the host.</summary>
    public string Mount(string volume, string user) => _connection.Call("VolumeDriver.Mount", new PluginRequest { Name = volume, ID = user }).Mountpoint ?? "";

    public void Unmount(string volume, string user) => _connection.Call("VolumeDriver.Unmount", new PluginRequest { Name = volume, ID = user });

    /// <summary>Path on the host, or empty while there is none.</summary>
    public string PathOf(string volume) => _connection.Call("VolumeDriver.Path", new PluginRequest { Name = volume }).Mountpoint ?? "";

    /// <summary>Null where the plugin has no such volume, which it says by failing or by an empty answer.</summary>
    public PluginVolume? TryGet(string volume)
    {
        try
        {
            return _connection.Call("VolumeDriver.Get", new PluginRequest { Name = volume }).Volume;
        }
        catch (GantryException)
        {
            return null;
        }
    }

    public IReadOnlyList<PluginVolume> List() => _connection.Call("VolumeDriver.List", new PluginRequest()).Volumes ?? [];

    public void Dispose() => _connection.Dispose();

    private string ReadScope()
    {
        try
        {
            return _connection.Call("VolumeDriver.Capabilities", new PluginRequest()).Capabilities?.Scope?.ToLowerInvariant() is "global" ? "global" : "local";
        }
        catch (GantryException)
        {
            // An old plugin may not know the question.
            return "local";
        }
    }
}
