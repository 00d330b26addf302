namespace Gantry.Runtime.Spec;

/// <summary>A bind mount with its source found: a host path, a volume's directory, or a file the engine keeps (/etc/hosts…).</summary>
public sealed record ContainerMount
{
    /// <summary>Absolute path on the host.</summary>
    public required string Source { get; init; }

    /// <summary>Absolute path in the container.</summary>
    public required string Destination { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary><c>private</c>, <c>rprivate</c>, <c>shared</c>… ; null or empty (as for volumes) leaves it to the runtime.</summary>
    public string? Propagation { get; init; }

    /// <summary>Without the mounts below the source.</summary>
    public bool NonRecursive { get; init; }

    /// <summary>Mounts below the source stay writable under a read-only mount.</summary>
    public bool ReadOnlyNonRecursive { get; init; }

    /// <summary>Fails where the mounts below the source can't be made read-only.</summary>
    public bool ReadOnlyForceRecursive { get; init; }

    /// <summary>The engine's own file, not asked for by the user: read-only along with a read-only root.</summary>
    public bool FromEngine { get; init; }
}
