using System.Text.Json;
using Gantry.Apps.Cli.Configuration;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Manifests;

/// <summary>Manifests of registries, got and stored by way of the engine, with this user's credentials.</summary>
internal sealed class RegistryManifests(Cli cli, bool insecure)
{
    /// <summary>An image, or the images of a list.</summary>
    /// <exception cref="GantryException">NotFound in docker's words, or as the registry fails.</exception>
    public async Task<(ImageManifest? Image, IReadOnlyList<ImageManifest>? List)> GetAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var (mediaType, image, content) = await FetchAsync(reference, cancellationToken);
        if (image is not null)
        {
            return (image, null);
        }

        if (!MediaTypes.IsIndex(mediaType))
        {
            throw GantryException.InvalidArgument($"unsupported manifest format: {mediaType}");
        }

        var index = JsonSerializer.Deserialize(content, OciJson.Default.ImageIndex) ?? new ImageIndex();
        var images = new List<ImageManifest>();
        foreach (var entry in index.Manifests)
        {
            var child = (await FetchAsync(ImageReference.Parse($"{reference.Name}{(reference.Tag is null ? "" : ":" + reference.Tag)}@{entry.Digest}"), cancellationToken)).Image;
            images.Add((child ?? throw GantryException.InvalidArgument($"unsupported manifest format: {entry.MediaType}")) with
            {
                Descriptor = child.Descriptor with { Platform = entry.Platform },
            });
        }

        return (null, images);
    }

    /// <exception cref="GantryException">InvalidArgument: it is a list.</exception>
    public async Task<ImageManifest> GetImageAsync(ImageReference reference, CancellationToken cancellationToken) =>
        (await FetchAsync(reference, cancellationToken)).Image ?? throw GantryException.InvalidArgument($"{reference} is a manifest list");

    /// <summary>Stores a document; returns its digest.</summary>
    /// <param name="mounts">Blobs that other repositories have.</param>
    public async Task<string> PushAsync(
        ImageReference target, string mediaType, byte[] content, IEnumerable<(string From, Digest Digest)> mounts, CancellationToken cancellationToken)
    {
        var body = ImageManifest.ToJson(
            json =>
            {
                json.WriteStartObject();
                json.WriteString("MediaType", mediaType);
                json.WriteBase64String("Content", content);
                json.WriteStartArray("Mounts");
                foreach (var (from, digest) in mounts)
                {
                    json.WriteStartObject();
                    json.WriteString("From", from);
                    json.WriteString("Digest", digest.ToString());
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            null);
        using var answer = JsonDocument.Parse(await cli.Client.PushManifestAsync(target.ToString(), insecure, await AuthAsync(target, cancellationToken), body, cancellationToken));
        return answer.RootElement.GetProperty("Digest").GetString()!;
    }

    private async Task<(string MediaType, ImageManifest? Image, byte[] Content)> FetchAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer;
        try
        {
            var asked = reference.Digest.IsEmpty ? reference : reference.WithDigest(reference.Digest);
            answer = await cli.Client.RemoteManifestAsync(asked.ToString(), insecure, await AuthAsync(reference, cancellationToken), cancellationToken);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw GantryException.NotFound($"no such manifest: {reference}", e);
        }

        using var json = JsonDocument.Parse(answer);
        var root = json.RootElement;
        var (mediaType, content) = (root.GetProperty("MediaType").GetString()!, root.GetProperty("Content").GetBytesFromBase64());
        if (!MediaTypes.IsManifest(mediaType))
        {
            return (mediaType, null, content);
        }

        var config = root.GetProperty("Config") is { ValueKind: JsonValueKind.String } text
            ? JsonSerializer.Deserialize(text.GetBytesFromBase64(), OciJson.Default.ImageConfig) : null;
        var descriptor = new Descriptor
        {
            MediaType = mediaType,
            Digest = Digest.Parse(root.GetProperty("Digest").GetString()),
            Size = content.Length,
            Platform = config is null ? null : new Platform { Architecture = config.Architecture, Os = config.Os, OsVersion = config.OsVersion, OsFeatures = config.OsFeatures, Variant = config.Variant },
        };
        return (mediaType, new ImageManifest(reference, descriptor, content), content);
    }

    private Task<string> AuthAsync(ImageReference reference, CancellationToken cancellationToken) => new CredentialStore(cli.Config).HeaderAsync(reference, cancellationToken);
}
