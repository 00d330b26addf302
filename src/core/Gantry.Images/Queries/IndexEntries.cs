using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Images.Queries;

/// <summary>What an index in the content store lists, indexes within it followed.</summary>
internal static class IndexEntries
{
    private const int MaxDepth = 4;
    private const int MaxEntries = 10_000;

    /// <summary>Manifests in the index's order, each once; what can't be read lists nothing. An index is a stranger's: it may be deep, long, or round.</summary>
    internal static List<Descriptor> Read(ContentStore content, Digest root)
    {
        var found = new List<Descriptor>();
        Follow(content, root, 0, [], found);
        return found;
    }

    /// <summary>A manifest's bytes and meaning; null when it is not here, or is none.</summary>
    internal static (byte[] Content, Manifest Manifest)? Manifest(ContentStore content, Descriptor descriptor)
    {
        try
        {
            var bytes = content.TryStat(descriptor.Digest, out _) ? content.ReadAll(descriptor.Digest) : null;
            var manifest = bytes is null ? null : JsonSerializer.Deserialize(bytes, OciJson.Default.Manifest);
            return manifest is { Config.Digest.IsEmpty: false, Layers: not null } ? (bytes!, manifest) : null;
        }
        catch (Exception e) when (e is JsonException or GantryException)
        {
            return null;
        }
    }

    private static void Follow(ContentStore content, Digest digest, int depth, HashSet<Digest> seen, List<Descriptor> found)
    {
        if (depth == MaxDepth || !seen.Add(digest) || Parse(content, digest) is not { } index)
        {
            return;
        }

        foreach (var entry in (index.Manifests ?? []).Where(entry => entry is { Digest.IsEmpty: false }))
        {
            if (MediaTypes.IsIndex(entry.MediaType))
            {
                Follow(content, entry.Digest, depth + 1, seen, found);
            }
            else if (found.Count < MaxEntries && seen.Add(entry.Digest))
            {
                found.Add(entry);
            }
        }
    }

    private static ImageIndex? Parse(ContentStore content, Digest digest)
    {
        try
        {
            return content.TryStat(digest, out _) ? JsonSerializer.Deserialize(content.ReadAll(digest), OciJson.Default.ImageIndex) : null;
        }
        catch (Exception e) when (e is JsonException or GantryException)
        {
            return null;
        }
    }
}
