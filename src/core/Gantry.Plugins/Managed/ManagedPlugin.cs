namespace Gantry.Plugins.Managed;

/// <summary>A plugin that the engine runs itself, as those see it who need a driver.</summary>
public sealed record ManagedPlugin
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>With its tag, as Docker shows it: <c>vendor/driver:latest</c>.</summary>
    public required string Name { get; init; }

    /// <summary>It runs and answers at <see cref="Endpoint"/>.</summary>
    public required bool IsEnabled { get; init; }

    /// <summary>What it is a driver of, as its configuration says: <c>volumedriver</c>, <c>networkdriver</c>, <c>authz</c>.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    /// <summary>How it wants to be spoken with; empty for Docker's plugin protocol.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>It speaks the protocol that all drivers are asked in.</summary>
    public bool SpeaksHttp => Protocol is "" or "moby.plugins.http/v1";

    public required PluginEndpoint Endpoint { get; init; }

    /// <param name="kind">In any case: <c>VolumeDriver</c>.</param>
    public bool Is(string kind) => Capabilities.Contains(kind, StringComparer.OrdinalIgnoreCase);
}
