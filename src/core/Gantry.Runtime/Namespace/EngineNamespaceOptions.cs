namespace Gantry.Runtime;

/// <summary>What the engine's mount namespace must keep to itself.</summary>
public sealed record EngineNamespaceOptions
{
    /// <summary>Absolute path; created when missing.</summary>
    public required string DataRoot { get; init; }

    /// <summary>Absolute path; created when missing. The same as <see cref="TaskServiceOptions.ExecRoot"/>.</summary>
    public required string ExecRoot { get; init; }
}
