using Gantry.Errors;
using Gantry.IO.Tar;

namespace Gantry.IO.Trees;

/// <summary>Unpacks a plain tar (not a layer: whiteout names mean nothing) below a directory.</summary>
public static class TarExtractor
{
    /// <summary>
    /// Unpacks the archive below <paramref name="root"/> (a descriptor that stays the caller's). An entry for the root itself is skipped.
    /// What was unpacked before an error stays.
    /// </summary>
    public static async Task ExtractAsync(Stream tar, int root, TreeWriterOptions options, CancellationToken cancellationToken = default)
    {
        using var reader = new TarReader(tar);
        using var writer = new TreeWriter(root, options);
        while (await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            var path = TreePath.Normalize(entry.Name);
            if (path.Length == 0 && entry.Kind == TarEntryKind.Directory)
            {
                continue;
            }

            if (!await writer.PlaceAsync(path, entry, reader, cancellationToken).ConfigureAwait(false))
            {
                throw GantryException.DataCorrupt($"invalid hard link \"{TreePath.Printable(entry.Name)}\" -> \"{TreePath.Printable(entry.LinkName)}\"");
            }
        }

        writer.Finish();
    }
}
