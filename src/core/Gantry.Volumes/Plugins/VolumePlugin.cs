using Gantry.Errors;
using Gantry.Plugins;

namespace Gantry.Volumes.Plugins;

/// <summary>A driver of volumes in another process (the volume plugin protocol).</summary>
internal sealed class VolumePlugin(PluginEndpoint endpoint) : Plugin(endpoint)
{
    internal const string Kind = "VolumeDriver";

    private string? _scope;

    /// <summary><c>local</c> or <c>global</c>; local where the plugin doesn't say.</summary>
    public string Scope => _scope ??= ReadScope();

    public void Create(string volume, IReadOnlyDictionary<string, string>? options) =>
        Ask("VolumeDriver.Create", new VolumeQuestion { Name = volume, Opts = options ?? new Dictionary<string, string>() });

    public void Remove(string volume) => Ask("VolumeDriver.Remove", new VolumeQuestion { Name = volume });

    /// <summary>Makes the volume usable for one user; returns the path on the host.</summary>
    public string Mount(string volume, string user) => Place(Ask("VolumeDriver.Mount", new VolumeQuestion { Name = volume, ID = user }));

    public void Unmount(string volume, string user) => Ask("VolumeDriver.Unmount", new VolumeQuestion { Name = volume, ID = user });

    /// <summary>Path on the host, or empty while there is none.</summary>
    public string PathOf(string volume) => Place(Ask("VolumeDriver.Path", new VolumeQuestion { Name = volume }));

    /// <summary>Null where the plugin has no such volume, which it says by failing or by an empty answer.</summary>
    public PluginVolume? TryGet(string volume)
    {
        try
        {
            return Ask("VolumeDriver.Get", new VolumeQuestion { Name = volume }).Volume;
        }
        catch (GantryException)
        {
            return null;
        }
    }

    /// <summary>Whether the plugin says that it has no such volume; one that can't be asked says nothing.</summary>
    public bool Denies(string volume)
    {
        try
        {
            return Ask("VolumeDriver.Get", new VolumeQuestion { Name = volume }).Volume is null;
        }
        catch (GantryException e)
        {
            return e.InnerException is null;
        }
    }

    public IReadOnlyList<PluginVolume> List() => Ask("VolumeDriver.List", new VolumeQuestion()).Volumes ?? [];

    private string Place(VolumeAnswer answer) => answer.Mountpoint is { Length: > 0 } path ? OnHost(path) : "";

    private VolumeAnswer Ask(string method, VolumeQuestion question) =>
        Connection.Call(method, question, VolumeMessages.Default.VolumeQuestion, VolumeMessages.Default.VolumeAnswer);

    private string ReadScope()
    {
        try
        {
            return Ask("VolumeDriver.Capabilities", new VolumeQuestion()).Capabilities?.Scope?.ToLowerInvariant() is "global" ? "global" : "local";
        }
        catch (GantryException)
        {
            // An old plugin may not know the question.
            return "local";
        }
    }
}
