namespace Gantry.Oci;

/// <summary>Programs that the runtime starts around a container's start and end (runtime-spec config.md, "POSIX-platform Hooks").</summary>
public sealed record RuntimeHooks
{
    public IReadOnlyList<RuntimeHook>? Prestart { get; init; }

    public IReadOnlyList<RuntimeHook>? CreateRuntime { get; init; }

    public IReadOnlyList<RuntimeHook>? CreateContainer { get; init; }

    public IReadOnlyList<RuntimeHook>? StartContainer { get; init; }

    public IReadOnlyList<RuntimeHook>? Poststart { get; init; }

    public IReadOnlyList<RuntimeHook>? Poststop { get; init; }
}

/// <summary>One program; it gets the container's state on its standard input.</summary>
public sealed record RuntimeHook
{
    /// <summary>Absolute.</summary>
    public required string Path { get; init; }

    /// <summary>With argv[0].</summary>
    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>Seconds after which it is killed.</summary>
    public int? Timeout { get; init; }
}
