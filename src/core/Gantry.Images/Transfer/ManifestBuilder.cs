using System.Text.Json;
using Gantry.Oci;

namespace Gantry.Images.Transfer;

/// <summary>Makes the manifest of an image that has none, in the form Docker's engine pushes; the same image always gives the same bytes.</summary>
internal static class ManifestBuilder
{
    /// <summary>Docker's schema 2, which every registry takes; OCI's form where a layer is compressed in a way that Docker's has no name for.</summary>
    internal static (Descriptor Descriptor, byte[] Content) Build(byte[] config, IReadOnlyList<Descriptor> layers)
    {
        var isDocker = layers.All(layer => DockerType(layer.MediaType) is not null);
        var manifest = new Manifest
        {
            MediaType = isDocker ? MediaTypes.DockerManifest : MediaTypes.OciManifest,
            Config = new Descriptor
            {
                MediaType = isDocker ? MediaTypes.DockerConfig : MediaTypes.OciConfig,
                Digest = Digest.Of(config),
                Size = config.Length,
            },
            Layers = [.. layers.Select(layer => new Descriptor
            {
                MediaType = isDocker ? DockerType(layer.MediaType)! : OciType(layer.MediaType),
                Digest = layer.Digest,
                Size = layer.Size,
            })],
        };
        var content = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Plain.Manifest);
        return (new Descriptor { MediaType = manifest.MediaType, Digest = Digest.Of(content), Size = content.Length }, content);
    }

    private static string? DockerType(string mediaType) => mediaType switch
    {
        MediaTypes.OciLayerGzip or MediaTypes.DockerLayerGzip => MediaTypes.DockerLayerGzip,
        MediaTypes.OciLayer or MediaTypes.DockerLayer => MediaTypes.DockerLayer,
        _ => null,
    };

    private static string OciType(string mediaType) => mediaType switch
    {
        MediaTypes.DockerLayerGzip => MediaTypes.OciLayerGzip,
        MediaTypes.DockerLayer => MediaTypes.OciLayer,
        _ => mediaType,
    };
}
