using Gantry.Oci;

namespace Gantry.Snapshots;

/// <summary>An unpacked image layer.</summary>
/// <param name="Size">Bytes of its regular files, as Docker counts a layer's size.</param>
/// <param name="TarSize">Bytes of its uncompressed tar.</param>
public sealed record LayerInfo(Digest ChainId, Digest DiffId, Digest ParentChainId, long Size, long TarSize, DateTimeOffset Created);

/// <summary>A container's writable layer.</summary>
/// <param name="UpperDirectory">Absolute path of the changes.</param>
public sealed record ContainerLayer(string Id, Digest ParentChainId, string UpperDirectory, ContainerLayerOptions Options);

public sealed record ContainerLayerOptions
{
    public static ContainerLayerOptions Default { get; } = new();

    /// <summary>The image's file system is seen with Docker's mount points (/etc/hosts, /dev/console, /.dockerenv, ...) added.</summary>
    public bool MountPoints { get; init; } = true;

    /// <summary>fsync inside the container does nothing: for build steps, whose result is synced once at the end.</summary>
    public bool Volatile { get; init; }
}

public sealed record LayerStoreOptions
{
    public TarLimitsOptions Limits { get; init; } = new();
}

/// <summary>What a layer tar may ask for; a tar beyond is refused with DataCorrupt.</summary>
public sealed record TarLimitsOptions
{
    public long MaxEntries { get; init; } = 20_000_000;

    /// <summary>Bytes of all file contents together, as they will lie on disk.</summary>
    public long MaxBytes { get; init; } = 1L << 44;
}

public enum CommitMode
{
    Move = 0,
    Copy,
}

public enum FileChangeKind
{
    Modified = 0,
    Added = 1,
    Deleted = 2,
}

/// <param name="Path">Absolute inside the container.</param>
public sealed record FileChange(string Path, FileChangeKind Kind);

public sealed record LayerUsage(long Bytes, long Inodes);
