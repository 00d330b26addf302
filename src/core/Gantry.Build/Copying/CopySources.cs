using Gantry.Build.Files;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Build.Copying;

/// <summary>The files that a COPY or ADD names, found in its source tree, with their checksum.</summary>
/// <param name="Hash"><c>file:HEX</c>, <c>dir:HEX</c> or <c>multi:HEX</c>, as the image's history shows it.</param>
/// <param name="Files">The sources in order; <c>Name</c> is what a file is called in a destination directory.</param>
internal sealed record CopySources(string Hash, IReadOnlyList<(SourceFile File, string Name)> Files)
{
    /// <param name="isContext">Whether messages speak of the build context.</param>
    /// <exception cref="GantryException">In the classic builder's words.</exception>
    public static async Task<CopySources> FindAsync(CopySpec spec, ISourceTree tree, bool isContext, CancellationToken cancellationToken)
    {
        var found = spec.Sources.SelectMany(source => FindOne(spec, tree, source, isContext)).ToList();
        if (found.Count == 0 && spec.Inline.Count == 0 && !spec.Style.IsBuildKit)
        {
            throw GantryException.InvalidArgument($"{spec.Keyword} failed: no source files were specified");
        }

        var count = found.Count + spec.Inline.Count;
        if (count > 1 && !spec.Destination.EndsWith('/') && !spec.Style.IsBuildKit)
        {
            throw GantryException.InvalidArgument(
                $"When using {spec.Keyword} with more than one source file, the destination must be a directory and end with a /");
        }

        var leftOut = spec.LeftOut();
        await tree.FetchAsync(found.Select(f => f.File).ToList(), leftOut, contents: false, cancellationToken).ConfigureAwait(false);
        var checksum = new SourceChecksum(tree, spec.KeepOwner && spec.Chown.Length == 0, leftOut, cancellationToken);
        var hashes = found.Select(f => (f.File.IsDirectory ? "dir:" : "file:") + checksum.Of(f.File).Hex)
            .Concat(spec.Inline.Select(i => "file:" + Digest.Of(System.Text.Encoding.UTF8.GetBytes(i.Content)).Hex)).ToList();
        var hash = hashes.Count == 1 ? hashes[0] : "multi:" + Digest.Of(System.Text.Encoding.UTF8.GetBytes(string.Join(',', hashes))).Hex;
        return new CopySources(hash, found);
    }

    private static List<(SourceFile File, string Name)> FindOne(CopySpec spec, ISourceTree tree, string source, bool isContext)
    {
        if (tree.FindDownload(source) is { } download)
        {
            return [(download, download.Name)];
        }

        var clean = GoPath.Clean(source);
        if (isContext && !spec.Style.IsBuildKit && (clean == ".." || clean.StartsWith("../", StringComparison.Ordinal)))
        {
            throw GantryException.InvalidArgument($"{spec.Keyword} failed: forbidden path outside the build context: {source} ()");
        }

        var path = GoPath.Inside(source);
        if (path.AsSpan().ContainsAny("*?["))
        {
            return Match(tree, path);
        }

        // What is asked for with a link is what the link leads to, under the link's name.
        return tree.Find(path) is { } file ? [(file, GoPath.Base(path))]
            : throw GantryException.InvalidArgument(spec.Style.MissingSource(spec.Keyword, path, isContext));
    }

    private static List<(SourceFile File, string Name)> Match(ISourceTree tree, string pattern)
    {
        var matches = new List<(SourceFile, string)>();
        var parts = pattern.Split('/');
        if (tree.Find(string.Empty) is { } root)
        {
            Walk(tree, root, parts, 0, matches);
        }

        return matches;
    }

    /// <summary>One directory level a pattern element; only matching directories are looked into.</summary>
    private static void Walk(ISourceTree tree, SourceFile directory, string[] parts, int depth, List<(SourceFile, string)> matches)
    {
        foreach (var child in tree.List(directory))
        {
            if (!IsMatch(parts[depth], child.Name))
            {
                continue;
            }

            if (depth + 1 < parts.Length)
            {
                if (child.IsDirectory)
                {
                    Walk(tree, child, parts, depth + 1, matches);
                }
            }
            else if ((child.Kind == FileKind.Symlink ? tree.Find(child.Path) : child) is { } file)
            {
                matches.Add((file, child.Name));
            }
        }
    }

    /// <summary>A malformed pattern matches nothing, as in Docker.</summary>
    private static bool IsMatch(string pattern, string name)
    {
        try
        {
            return Glob.IsMatch(pattern, name);
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
