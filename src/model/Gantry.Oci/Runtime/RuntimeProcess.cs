using System.Text.Json.Serialization;

namespace Gantry.Oci;

/// <summary>What runs in a container, also the body of an exec (runtime-spec config.md, "Process").</summary>
public sealed record RuntimeProcess
{
    /// <summary>Null and false: standard streams are passed on as they are.</summary>
    public bool? Terminal { get; init; }

    public ConsoleSize? ConsoleSize { get; init; }

    public required RuntimeUser User { get; init; }

    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary><c>NAME=value</c>; a runtime adds HOME when it is missing.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public string Cwd { get; init; } = "/";

    public LinuxCapabilities? Capabilities { get; init; }

    public IReadOnlyList<PosixRlimit>? Rlimits { get; init; }

    public bool? NoNewPrivileges { get; init; }

    public string? ApparmorProfile { get; init; }

    public int? OomScoreAdj { get; init; }
}

/// <summary>Characters, not pixels.</summary>
public sealed record ConsoleSize(uint Height, uint Width);

/// <summary>Numeric identity of a process.</summary>
/// <param name="Uid">In the container's user namespace.</param>
/// <param name="Gid">In the container's user namespace.</param>
/// <param name="AdditionalGids">Supplementary groups.</param>
public sealed record RuntimeUser(uint Uid, uint Gid, IReadOnlyList<uint>? AdditionalGids = null);

/// <summary>Capability sets, each as <c>CAP_…</c> names.</summary>
public sealed record LinuxCapabilities
{
    public IReadOnlyList<string>? Bounding { get; init; }

    public IReadOnlyList<string>? Effective { get; init; }

    public IReadOnlyList<string>? Inheritable { get; init; }

    public IReadOnlyList<string>? Permitted { get; init; }

    public IReadOnlyList<string>? Ambient { get; init; }
}

/// <summary>A resource limit; <see cref="ulong.MaxValue"/> is unlimited.</summary>
/// <param name="Type"><c>RLIMIT_…</c>.</param>
/// <param name="Hard">Ceiling of the soft limit.</param>
/// <param name="Soft">The limit in force.</param>
public sealed record PosixRlimit([property: JsonPropertyName("type")] string Type, ulong Hard, ulong Soft);
