using Gantry.Engine.Settings;

namespace Gantry.Engine.Plugins.State;

/// <summary>Where the engine keeps what it has of each plugin beside its layers.</summary>
internal sealed class PluginPaths(EngineSettings settings)
{
    /// <summary>What outlives a reboot.</summary>
    internal string Root { get; } = Path.Combine(settings.DataRoot, "plugins");

    /// <summary>Sockets of all plugins, a directory each.</summary>
    internal string SocketRoot { get; } = Path.Combine(settings.ExecRoot, "plugins");

    internal string BundleRoot { get; } = Path.Combine(settings.ExecRoot, "plugin-bundles");

    internal string Data(string id) => Path.Combine(Root, id);

    /// <summary>What the plugin writes to its standard streams.</summary>
    internal string Log(string id) => Path.Combine(Root, id, "plugin.log");

    /// <summary>On the host, where the plugin's propagated mount is.</summary>
    internal string PropagatedMount(string id) => Path.Combine(Root, id, "propagated-mount");

    /// <summary>The directory that is <c>/run/docker/plugins</c> in the plugin.</summary>
    internal string Sockets(string id) => Path.Combine(SocketRoot, id);

    /// <summary>Where the engine's figures are for plugins that collect them.</summary>
    internal string Metrics { get; } = Path.Combine(settings.ExecRoot, "metrics.sock");

    internal string Bundle(string id) => Path.Combine(BundleRoot, id);

    internal string Rootfs(string id) => Path.Combine(BundleRoot, id, "rootfs");
}
