using System.Text.Json;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>Follows a name to the manifest for a platform, through indexes where there are any.</summary>
/// <param name="takes">Whether a manifest with a config of this media type is what is looked for; null for images.</param>
internal sealed class ManifestResolver(Func<Descriptor, Task<ManifestContent>> get, ImageReference reference, Platform? platform, Func<string, bool>? takes = null)
{
    /// <summary>Indexes in indexes are allowed, but not without end.</summary>
    private const int MaxDepth = 4;

    private Platform Wanted => platform ?? Platform.Host;

    /// <exception cref="GantryException">NotFound: no image for the platform; InvalidArgument or DataCorrupt: not an image.</exception>
    internal async Task<RemoteImage> ResolveAsync(ManifestContent root)
    {
        var documents = new List<ManifestContent>();
        var document = root;
        while (MediaTypes.IsIndex(document.MediaType))
        {
            if (documents.Count == MaxDepth)
            {
                throw GantryException.InvalidArgument($"{reference.Familiar} is an index within too many others");
            }

            documents.Add(document);
            var next = Choose(Parse(document, OciJson.Default.ImageIndex));

            // The digest says that it is the right one. A wrong size in an index is a publisher's slip that Docker does not mind.
            document = await get(next).ConfigureAwait(false);
        }

        return MediaTypes.IsManifest(document.MediaType)
            ? new RemoteImage(root, documents, document, Check(document))
            : throw Unsupported(document.MediaType);
    }

    /// <summary>The first entry for the platform. Where none says what it is for, one alone is taken.</summary>
    private Descriptor Choose(ImageIndex index)
    {
        var entries = (index.Manifests ?? []).Where(entry => entry is not null && !entry.Digest.IsEmpty
            && (MediaTypes.IsManifest(entry.MediaType) || MediaTypes.IsIndex(entry.MediaType))).ToList();
        return entries.FirstOrDefault(entry => entry.Platform is { } offered && Wanted.Accepts(offered))
            ?? (entries is [{ Platform: null } only] ? only : null)
            ?? throw GantryException.NotFound($"no matching manifest for {Wanted} in the manifest list entries");
    }

    private Manifest Check(ManifestContent document)
    {
        var manifest = Parse(document, OciJson.Default.Manifest);
        var valid = manifest.SchemaVersion == 2 && manifest.Config is { Digest.IsEmpty: false, Size: >= 0 } && manifest.Layers is not null
            && manifest.Layers.All(layer => layer is { Digest.IsEmpty: false, Size: >= 0 });
        return !valid ? throw GantryException.DataCorrupt($"manifest {document.Digest} is malformed")
            : takes?.Invoke(manifest.Config.MediaType) ?? IsImage(manifest.Config.MediaType) ? manifest
            : takes is not null ? throw GantryException.Internal($"did not find plugin config for specified reference {reference.Familiar}")
            : throw GantryException.InvalidArgument($"Encountered remote \"{manifest.Config.MediaType}\"({Kind(manifest.Config.MediaType)}) when fetching");
    }

    private static bool IsImage(string mediaType) =>
        mediaType is MediaTypes.OciConfig or MediaTypes.DockerConfig or "application/octet-stream" or "text/plain" or "application/json";

    private static string Kind(string mediaType) => mediaType switch
    {
        MediaTypes.DockerPlugin => "plugin",
        _ => "unknown",
    };

    private static T Parse<T>(ManifestContent document, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, type) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw GantryException.DataCorrupt($"manifest {document.Digest} is malformed: {exception.Message}", exception);
        }
    }

    private GantryException Unsupported(string mediaType) => GantryException.InvalidArgument(mediaType == MediaTypes.DockerManifestV1Signed
        ? $"Docker Image Format v1 and Docker Image manifest version 2, schema 1 are not supported. Suggest the author of {reference.Familiar} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2"
        : $"unsupported manifest media type \"{(mediaType.Length > 100 ? mediaType[..100] : mediaType)}\"");
}
