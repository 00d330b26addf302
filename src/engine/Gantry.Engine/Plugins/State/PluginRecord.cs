using Gantry.Images.Plugins;
using Gantry.Plugins.Managed;

namespace Gantry.Engine.Plugins.State;

/// <summary>All that is recorded of a plugin. Immutable: a change makes a new one.</summary>
internal sealed record PluginRecord
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>As Docker shows it, with a tag.</summary>
    public required string Name { get; init; }

    /// <summary>Where it came from: a name with tag or digest.</summary>
    public required string Reference { get; init; }

    /// <summary>It is to run, also after the next start of the engine.</summary>
    public required bool Enabled { get; init; }

    public required PluginConfiguration Configuration { get; init; }

    public required PluginSettings Settings { get; init; }

    public required PluginImage Image { get; init; }

    /// <summary>How long a question may take, in seconds; 0 for the engine's own limit.</summary>
    public int TimeoutSeconds { get; init; }
}
