using System.Text.Json.Serialization;
using Gantry.Oci;

namespace Gantry.Snapshots;

/// <summary>A container's writable layer.</summary>
/// <param name="UpperDirectory">Absolute path of the changes.</param>
public sealed record ContainerLayer(string Id, Digest ParentChainId, string UpperDirectory, ContainerLayerOptions Options);

public sealed record ContainerLayerOptions
{
    public static ContainerLayerOptions Default { get; } = new();

    /// <summary>The image's file system is seen with Docker's mount points (/etc/hosts, /dev/console, /.dockerenv, ...) added.</summary>
    [JsonPropertyName("mount_points")]
    public bool MountPoints { get; init; } = true;

    /// <summary>
    /// fsync inside the container does nothing, and unmounting doesn't sync: for build steps, whose result is synced once at the end, and for
    /// containers that are removed when they stop.
    /// </summary>
    [JsonPropertyName("volatile")]
    public bool Volatile { get; init; }
}

/// <summary>What is on disk of a container layer.</summary>
internal sealed record ContainerLayerRecord(
    [property: JsonPropertyName("parent")] Digest ParentChainId,
    [property: JsonPropertyName("options")] ContainerLayerOptions Options);

public enum CommitMode
{
    /// <summary>The upper directory becomes the layer.</summary>
    Move = 0,

    /// <summary>The upper directory is copied.</summary>
    Copy,
}

/// <summary>Numbers as in the Engine API's <c>FilesystemChange.Kind</c>.</summary>
public enum FileChangeKind
{
    Modified = 0,
    Added = 1,
    Deleted = 2,
}

/// <param name="Path">Absolute inside the container.</param>
public sealed record FileChange(string Path, FileChangeKind Kind);

/// <param name="Bytes">Sizes of the files that are new or changed.</param>
public sealed record LayerUsage(long Bytes, long Inodes);
