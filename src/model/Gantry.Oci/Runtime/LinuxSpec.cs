using System.Text.Json.Serialization;

namespace Gantry.Oci;

/// <summary>The Linux part of a runtime configuration (runtime-spec config-linux.md).</summary>
public sealed record LinuxSpec
{
    public IReadOnlyDictionary<string, string>? Sysctl { get; init; }

    public LinuxResources? Resources { get; init; }

    /// <summary>Absolute path below the root of each cgroup hierarchy.</summary>
    public string? CgroupsPath { get; init; }

    public IReadOnlyList<LinuxNamespace> Namespaces { get; init; } = [];

    /// <summary>Of the namespace <c>user</c>.</summary>
    public IReadOnlyList<LinuxIdMapping>? UidMappings { get; init; }

    /// <inheritdoc cref="UidMappings"/>
    public IReadOnlyList<LinuxIdMapping>? GidMappings { get; init; }

    public IReadOnlyList<LinuxDevice>? Devices { get; init; }

    public LinuxSeccomp? Seccomp { get; init; }

    /// <summary><c>shared</c>, <c>slave</c>, <c>private</c> and their recursive forms; null leaves the runtime's default (rprivate).</summary>
    public string? RootfsPropagation { get; init; }

    public IReadOnlyList<string>? MaskedPaths { get; init; }

    public IReadOnlyList<string>? ReadonlyPaths { get; init; }
}

/// <summary>A namespace the container gets, or joins when a path is given.</summary>
/// <param name="Type">pid, network, mount, ipc, uts, user or cgroup.</param>
/// <param name="Path">File of the namespace to join; null makes a new one.</param>
public sealed record LinuxNamespace(string Type, string? Path = null);

/// <summary>Ids of the container and what they are on the host.</summary>
public sealed record LinuxIdMapping(
    [property: JsonPropertyName("containerID")] uint ContainerId, [property: JsonPropertyName("hostID")] uint HostId, uint Size);

/// <summary>A device node made in the container.</summary>
public sealed record LinuxDevice
{
    public required string Path { get; init; }

    /// <summary><c>c</c>, <c>b</c>, <c>u</c> or <c>p</c>.</summary>
    public required string Type { get; init; }

    public long Major { get; init; }

    public long Minor { get; init; }

    /// <summary>Permission bits.</summary>
    public uint? FileMode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }
}
