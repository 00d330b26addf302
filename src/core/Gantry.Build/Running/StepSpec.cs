namespace Gantry.Build;

/// <summary>What a RUN step needs.</summary>
public sealed record StepSpec
{
    /// <summary>Container id, 64 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>The writable layer in the layer store, over the step's base; the runner mounts it and unmounts it before it returns.</summary>
    public required string LayerId { get; init; }

    /// <summary>argv; the first word is looked up in PATH of <see cref="Environment"/>.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c> of image and build arguments. The runner adds HOSTNAME and, where missing, HOME.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Absolute; created when missing.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary><c>user[:group]</c> by name or number, looked up in the root file system; empty is root.</summary>
    public required string User { get; init; }

    public required StepSettings Settings { get; init; }

    /// <summary>Of this step: <c>none</c>, <c>host</c>, or what the settings say.</summary>
    public required string NetworkMode { get; init; }

    /// <summary><c>RUN --security=insecure</c>: all privileges.</summary>
    public bool Privileged { get; init; }

    public IReadOnlyList<StepMount> Mounts { get; init; } = [];

    /// <summary>
    /// Absolute paths of declared volumes. One that the file system lacks is there while the step runs, and what is written to it is dropped. What
    /// the image has in one can be changed: BuildKit's rule, not the classic builder's, which silently drops such changes.
    /// </summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    public required IStepOutput Output { get; init; }
}

public enum StepMountType
{
    Bind,
    Tmpfs,
}

/// <summary>A <c>RUN --mount</c> with its source found: a path of this host, or a tmpfs.</summary>
public sealed record StepMount
{
    public required StepMountType Type { get; init; }

    /// <summary>Absolute path of a file or directory; empty for tmpfs.</summary>
    public string Source { get; init; } = string.Empty;

    /// <summary>Absolute path inside the container; the mount point is created when missing.</summary>
    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bytes of a tmpfs; 0 for no limit.</summary>
    public long Size { get; init; }
}
