using Gantry.IO.Tar;
using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>What a <see cref="TreePacker"/> writes.</summary>
public sealed record TreePackerOptions
{
    /// <summary>
    /// The tree is an overlayfs upper directory: whiteouts and opaque marks become <c>.wh.</c> files (OCI image-spec, layer.md, "Whiteouts")
    /// and overlayfs' own attributes are left out.
    /// </summary>
    public bool Overlay { get; init; }

    /// <summary>Write an entry <c>./</c> for the root itself.</summary>
    public bool IncludeRoot { get; init; }

    /// <summary>Name of the root in the archive, before all paths; empty for none. With a name the root gets an entry.</summary>
    public string RootName { get; init; } = string.Empty;

    /// <summary>Keep whole seconds only, as Docker's layers do.</summary>
    public bool WholeSeconds { get; init; } = true;

    /// <summary>False leaves the path (below the root) and, for a directory, all below it out.</summary>
    public Func<string, bool>? Include { get; init; }

    /// <summary>True leaves the entry of a directory out, but not what is below it.</summary>
    public Func<string, bool>? OmitDirectory { get; init; }

    /// <summary>Write owners as they are in a user namespace with these maps; null: as they are.</summary>
    public IdMaps? Ids { get; init; }

    /// <summary>Changes an entry before it is written (owner, time, ...), not its kind or size.</summary>
    public Func<TarEntry, TarEntry>? Map { get; init; }

    /// <summary>Told, before a file's content is written, its path below the root and its bytes.</summary>
    public Action<string, long>? Content { get; init; }
}
