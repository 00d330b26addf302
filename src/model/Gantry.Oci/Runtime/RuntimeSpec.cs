namespace Gantry.Oci;

/// <summary>An OCI bundle's <c>config.json</c> (runtime-spec, config.md): the members that Gantry writes.</summary>
public sealed record RuntimeSpec
{
    public string OciVersion { get; init; } = "1.0.2";

    public required RuntimeProcess Process { get; init; }

    public required RuntimeRoot Root { get; init; }

    public string? Hostname { get; init; }

    public IReadOnlyList<RuntimeMount> Mounts { get; init; } = [];

    public RuntimeHooks? Hooks { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public LinuxSpec? Linux { get; init; }
}

/// <summary>The container's root filesystem (config.md, "Root").</summary>
/// <param name="Path">Absolute, or relative to the bundle.</param>
/// <param name="Readonly">True mounts it read-only in the container; null and false leave it writable.</param>
public sealed record RuntimeRoot(string Path, bool? Readonly = null);

/// <summary>One mount, in the order the runtime makes them (config.md, "Mounts").</summary>
public sealed record RuntimeMount
{
    public required string Destination { get; init; }

    public string? Type { get; init; }

    public string? Source { get; init; }

    public IReadOnlyList<string>? Options { get; init; }
}
