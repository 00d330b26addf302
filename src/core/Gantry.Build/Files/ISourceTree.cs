using Gantry.Linux;

namespace Gantry.Build.Files;

/// <summary>
/// A tree of files to copy from: the build context, another stage's or image's root file system. Paths have no leading slash and are
/// canonical (no links in them) unless a method says that it resolves them; the root is the empty path.
/// </summary>
internal interface ISourceTree : IDisposable
{
    /// <summary>Resolves a path inside the tree, links followed and kept inside. Null when there is nothing.</summary>
    SourceFile? Find(string path);

    /// <summary>The file that was downloaded from an address. Null when it is no such address.</summary>
    SourceFile? FindDownload(string address) => null;

    /// <summary>A directory's entries in ordinal order of their names; links are not followed.</summary>
    IReadOnlyList<SourceFile> List(SourceFile directory);

    /// <summary>
    /// Has these files, and what is in these directories, at hand; without it they are not to be looked at in a tree whose files are elsewhere.
    /// </summary>
    /// <param name="contents">False when the checksums of the contents will do.</param>
    ValueTask FetchAsync(IReadOnlyList<SourceFile> files, Func<SourceFile, bool> isLeftOut, bool contents, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>sha256 of a regular file's content.</summary>
    byte[] ContentHash(SourceFile file);

    /// <summary>Writes a regular file's content to an empty file.</summary>
    void CopyContent(SourceFile file, int destination);

    /// <summary>A regular file's content; the caller disposes.</summary>
    Stream OpenRead(SourceFile file);

    /// <summary>The whole content of the regular file at a path, which is there.</summary>
    byte[] ReadAll(string path)
    {
        var file = Find(path)!;
        using var stream = OpenRead(file);
        var bytes = new byte[file.Size];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Extended attributes that a copy keeps.</summary>
    IReadOnlyList<KeyValuePair<string, byte[]>> Xattrs(SourceFile file);
}

/// <summary>A file of a tree as it is there, not followed.</summary>
internal sealed record SourceFile
{
    public required string Path { get; init; }

    public required FileKind Kind { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public int Mode { get; init; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    public long Size { get; init; }

    /// <summary>Nanoseconds since the epoch.</summary>
    public long Modified { get; init; }

    public string LinkTarget { get; init; } = string.Empty;

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>The same for names of one file; 0 when it has one name.</summary>
    public ulong LinkKey { get; init; }

    /// <summary>The tree's own.</summary>
    public object? Node { get; init; }

    /// <summary>It comes from an address, and is no part of a tree of files.</summary>
    public bool IsDownload { get; init; }

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public bool IsDirectory => Kind == FileKind.Directory;
}
