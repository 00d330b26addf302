using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>How a <see cref="TreeWriter"/> treats what it is given.</summary>
public sealed record TreeWriterOptions
{
    /// <summary>Give all files this owner instead of the archive's.</summary>
    public (uint UserId, uint GroupId)? Owner { get; init; }

    /// <summary>Owners are a user namespace's, which these maps turn into the host's; null: they are the host's.</summary>
    public IdMaps? Ids { get; init; }

    /// <summary>Refuse to put a file where a directory is or the other way round, as <c>docker cp</c> asks for (noOverwriteDirNonDir).</summary>
    public bool KeepKind { get; init; }

    /// <summary>Refuse symlinks whose relative target leads out of the root, as Docker does.</summary>
    public bool CheckLinks { get; init; } = true;

    public long MaxEntries { get; init; } = 20_000_000;

    /// <summary>Bytes of file content together.</summary>
    public long MaxBytes { get; init; } = 1L << 44;

    /// <summary>
    /// Called before something existing is removed to make room: directory, name, path below the root, status. True: it has been taken away.
    /// </summary>
    public Func<int, string, string, FileStatus, bool>? Displace { get; init; }

    /// <summary>Called for each directory made because a path leads through it, with its path below the root.</summary>
    public Action<string>? Implied { get; init; }
}
