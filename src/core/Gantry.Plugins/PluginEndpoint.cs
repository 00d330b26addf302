namespace Gantry.Plugins;

/// <summary>Where a plugin is and how to speak with it.</summary>
/// <param name="Address"><c>unix:///path</c>, <c>tcp://host:port</c>, or a URL.</param>
public sealed record PluginEndpoint(string Name, string Address)
{
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(2);

    /// <summary>How long one question may take.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Makes a path on the host of one inside the plugin's own root; null where the plugin sees the host's files.</summary>
    public Func<string, string>? OnHost { get; init; }
}
