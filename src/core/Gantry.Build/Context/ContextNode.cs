using Gantry.IO.Tar;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>A file of a build context that came as a tar: what is known of it, and where its content lies in the spool.</summary>
internal sealed class ContextNode
{
    public required FileKind Kind { get; init; }

    public int Mode { get; init; } = 0x1ed;

    public long Modified { get; init; }

    public string LinkTarget { get; init; } = string.Empty;

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    public long Size { get; set; }

    /// <summary>Of the content in the spool.</summary>
    public long Offset { get; set; }

    /// <summary>Stretches with data of a sparse file, which follow each other in the spool; null for an ordinary one.</summary>
    public IReadOnlyList<TarExtent>? Extents { get; init; }

    /// <summary>Empty while it isn't known.</summary>
    public byte[] Hash { get; set; } = [];

    /// <summary>True when a content that comes when it is asked for is in the spool.</summary>
    public bool IsHere { get; set; }

    /// <summary>Path of a file whose content comes when it is asked for.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>Number by which the client is asked for the content.</summary>
    public uint Number { get; init; }

    /// <summary>Set on all names of a file that has several.</summary>
    public ulong LinkKey { get; set; }

    public SortedDictionary<string, ContextNode>? Children { get; init; }

    public static ContextNode Directory(int mode = 0x1ed, long modified = 0) => new()
    {
        Kind = FileKind.Directory,
        Mode = mode,
        Modified = modified,
        Children = new SortedDictionary<string, ContextNode>(StringComparer.Ordinal),
    };

    /// <summary>The same directory with other attributes, its children kept.</summary>
    public ContextNode WithChildrenOf(ContextNode other) => new()
    {
        Kind = Kind,
        Mode = Mode,
        Modified = Modified,
        Children = other.Children,
    };
}
