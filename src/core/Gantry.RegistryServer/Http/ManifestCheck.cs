using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Oci;
using Gantry.RegistryServer.Json;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Http;

/// <summary>A pushed manifest, parsed as far as a registry must understand it.</summary>
internal sealed record CheckedManifest(string MediaType, Manifest? Image, ImageIndex? Index)
{
    internal Digest? Subject => (Image?.Subject ?? Index?.Subject)?.Digest is { IsEmpty: false } digest ? digest : null;

    /// <summary>The descriptor that the referrers list shows; an image without artifact type has its config's media type there.</summary>
    internal Descriptor Describe(Digest digest, int size) => new()
    {
        MediaType = MediaType,
        Digest = digest,
        Size = size,
        ArtifactType = Index is not null ? Index.ArtifactType : string.IsNullOrEmpty(Image!.ArtifactType) ? Image.Config.MediaType : Image.ArtifactType,
        Annotations = Index is not null ? Index.Annotations : Image!.Annotations,
    };
}

/// <summary>What a registry checks before it takes a manifest.</summary>
internal static class ManifestCheck
{
    /// <exception cref="RegistryErrorException">MANIFEST_INVALID.</exception>
    internal static CheckedManifest Parse(string? contentType, byte[] content)
    {
        var declared = contentType?.Split(';')[0].Trim();
        try
        {
            var mediaType = string.IsNullOrEmpty(declared) || declared == "application/json" ? MediaTypeOf(content) : declared;
            if (MediaTypes.IsIndex(mediaType))
            {
                var index = JsonSerializer.Deserialize(content, RegistryJson.Default.ImageIndex) ?? throw Invalid("empty");
                return Check(new CheckedManifest(mediaType!, null, index), index.SchemaVersion, index.MediaType);
            }

            if (MediaTypes.IsManifest(mediaType))
            {
                var image = JsonSerializer.Deserialize(content, RegistryJson.Default.Manifest) ?? throw Invalid("empty");
                return Check(new CheckedManifest(mediaType!, image, null), image.SchemaVersion, image.MediaType);
            }

            throw Invalid($"unknown manifest media type {mediaType}");
        }
        catch (JsonException exception)
        {
            throw Invalid(exception.Message);
        }
    }

    /// <summary>Everything a manifest names must be there already, but for layers that live elsewhere by their URLs. A subject may come later.</summary>
    /// <exception cref="RegistryErrorException">MANIFEST_BLOB_UNKNOWN.</exception>
    internal static void References(RegistryStore store, RepositoryName name, CheckedManifest manifest)
    {
        foreach (var child in manifest.Index?.Manifests ?? [])
        {
            if (!store.Manifests.Exists(name, child.Digest))
            {
                throw new RegistryErrorException(RegistryErrorCode.ManifestBlobUnknown, child.Digest.ToString());
            }
        }

        if (manifest.Image is { } image)
        {
            foreach (var blob in image.Layers.Prepend(image.Config).Where(blob => blob.Urls is not { Count: > 0 }))
            {
                if (!store.Blobs.Exists(name, blob.Digest))
                {
                    throw new RegistryErrorException(RegistryErrorCode.ManifestBlobUnknown, blob.Digest.ToString());
                }
            }
        }
    }

    internal static Digest DigestOf(byte[] content, string algorithm) =>
        algorithm == "sha512" ? Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(content))) : Digest.Of(content);

    private static CheckedManifest Check(CheckedManifest manifest, int schemaVersion, string? mediaType)
    {
        if (schemaVersion != 2)
        {
            throw Invalid($"schemaVersion is {schemaVersion}");
        }

        if (!string.IsNullOrEmpty(mediaType) && mediaType != manifest.MediaType)
        {
            throw Invalid($"mediaType is {mediaType}, the request says {manifest.MediaType}");
        }

        // JSON's null gets into these in spite of their types.
        IEnumerable<Descriptor>? descriptors = manifest.Index is not null ? manifest.Index.Manifests : manifest.Image!.Layers?.Prepend(manifest.Image.Config);
        return descriptors is null || descriptors.Any(d => d is null || d.Digest.IsEmpty || d.Size < 0) ? throw Invalid("a descriptor has no digest") : manifest;
    }

    private static string? MediaTypeOf(byte[] content)
    {
        using var document = JsonDocument.Parse(content);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("mediaType", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static RegistryErrorException Invalid(string detail) => new(RegistryErrorCode.ManifestInvalid, detail);
}
