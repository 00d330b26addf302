namespace Gantry.Plugins;

/// <summary>Where plugins make themselves known (Docker's plugin discovery).</summary>
/// <param name="Sockets">Directory of <c>NAME.sock</c> and <c>NAME/NAME.sock</c>.</param>
/// <param name="Specs">Directories of <c>NAME.spec</c> and <c>NAME.json</c>, also in a directory <c>NAME</c>.</param>
public sealed record PluginDirectories(string Sockets, IReadOnlyList<string> Specs)
{
    /// <summary>The places that plugins are installed to.</summary>
    public static PluginDirectories Default { get; } = new("/run/docker/plugins", ["/etc/docker/plugins", "/usr/lib/docker/plugins"]);
}
