using Gantry.Plugins.Managed;

namespace Gantry.Plugins;

/// <summary>Where plugins make themselves known (Docker's plugin discovery).</summary>
/// <param name="Sockets">Directory of <c>NAME.sock</c> and <c>NAME/NAME.sock</c>.</param>
/// <param name="Specs">Directories of <c>NAME.spec</c> and <c>NAME.json</c>, also in a directory <c>NAME</c>.</param>
public sealed record PluginDirectories(string Sockets, IReadOnlyList<string> Specs)
{
    /// <summary>Those that the engine runs itself; they go before others of the same name.</summary>
    public ManagedPlugins Managed { get; init; } = new();

    /// <summary>The places that plugins are installed to.</summary>
    public static PluginDirectories Default => new("/run/docker/plugins", ["/etc/docker/plugins", "/usr/lib/docker/plugins"]);
}
