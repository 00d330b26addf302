using Gantry.Content;
using Gantry.Images;
using Gantry.Metadata;
using Gantry.Networks;
using Gantry.Plugins.Managed;
using Gantry.Registry;
using Gantry.Runtime;
using Gantry.Snapshots;
using Gantry.Volumes;

namespace Gantry.Engine;

/// <summary>The core services that the engine composes, made by the application. Their owner disposes them after the engine.</summary>
public sealed record EngineParts
{
    public required Database Database { get; init; }

    public required ContentStore Content { get; init; }

    public required LayerStore Layers { get; init; }

    public required ImageStore Images { get; init; }

    public required VolumeStore Volumes { get; init; }

    public required INetworkService Networks { get; init; }

    public required ITaskService Tasks { get; init; }

    public required RegistryClient Registry { get; init; }

    /// <summary>Told of the plugins that the engine runs; those who need drivers look here.</summary>
    public ManagedPlugins Plugins { get; init; } = new();
}
