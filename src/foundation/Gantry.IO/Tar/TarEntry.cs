namespace Gantry.IO.Tar;

/// <summary>What a tar entry makes.</summary>
public enum TarEntryKind
{
    File = 0,
    Directory,
    Symlink,
    Hardlink,
    CharacterDevice,
    BlockDevice,
    Fifo,
}

/// <summary>
/// One tar member (POSIX.1-2017 pax interchange format, ustar, and GNU's extensions on reading). Names are <see cref="Linux.LinuxPath"/>
/// strings: bytes that are not UTF-8 survive a round trip.
/// </summary>
public sealed record TarEntry
{
    /// <summary>As in the archive: may be hostile. A directory's trailing slash is removed.</summary>
    public required string Name { get; init; }

    public required TarEntryKind Kind { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky (07777).</summary>
    public int Mode { get; init; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    /// <summary>Bytes of the file as it lies on disk; with sparse files more than the archive holds.</summary>
    public long Size { get; init; }

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public long ModifiedNanoseconds { get; init; }

    /// <summary>Target of a symlink (any text) or name of the member a hard link means.</summary>
    public string LinkName { get; init; } = string.Empty;

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes (pax <c>SCHILY.xattr.*</c>), null when there are none.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>>? Xattrs { get; init; }

    /// <summary>The stretches of a sparse file that have data, in order; null for an ordinary file.</summary>
    public IReadOnlyList<TarExtent>? Extents { get; init; }
}

/// <summary>A stretch of a file, in bytes.</summary>
public readonly record struct TarExtent(long Offset, long Length);
