namespace Gantry.Plugins.Managed;

/// <summary>What a plugin is started with: its configuration's values, or what the user set instead (Engine API, <c>Plugin.Settings</c>).</summary>
public sealed record PluginSettings
{
    public List<string> Args { get; set; } = [];

    public List<PluginDevice> Devices { get; set; } = [];

    /// <summary><c>NAME=value</c>.</summary>
    public List<string> Env { get; set; } = [];

    public List<PluginMount> Mounts { get; set; } = [];

    /// <summary>The values of the configuration; variables without one are not set.</summary>
    public static PluginSettings Of(PluginConfiguration configuration) => new()
    {
        Args = [.. configuration.Args.Value ?? []],
        Devices = [.. configuration.Linux.Devices ?? []],
        Env = [.. (configuration.Env ?? []).Where(e => e.Value is not null).Select(e => $"{e.Name}={e.Value}")],
        Mounts = [.. configuration.Mounts ?? []],
    };
}
