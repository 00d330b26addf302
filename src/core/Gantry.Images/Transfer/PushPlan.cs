using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Images.Transfer;

/// <summary>A layer of an image to push.</summary>
/// <param name="Blob">Null until it is known in which form the layer is pushed.</param>
internal sealed record PushLayer(Digest ChainId, Digest DiffId, Descriptor? Blob)
{
    /// <summary>Docker names a layer by its content while pushing.</summary>
    internal string ShortId => DiffId.Short;
}

/// <summary>What has to be pushed for an image.</summary>
/// <param name="Layers">Bottom first.</param>
/// <param name="Manifest">The manifest it was pulled with, when that can be pushed as it is; null where one has to be made.</param>
internal sealed record PushPlan(ImageRecord Image, byte[] Config, IReadOnlyList<PushLayer> Layers, (Descriptor Descriptor, byte[] Content)? Manifest)
{
    /// <param name="wanted">The form that all layers are to have; null to leave them as they came.</param>
    /// <exception cref="GantryException">NotFound or DataCorrupt: the image is damaged.</exception>
    internal static PushPlan For(ImageStore store, ContentLease lease, ImageRecord image, LayerCompression? wanted = null)
    {
        lease.Protect(image.Id);
        var config = store.Content.ReadAll(image.Id);
        var diffIds = store.Config(image.Id).RootFs.DiffIds;
        var chain = ChainId.Of(diffIds);
        foreach (var id in chain)
        {
            lease.Protect(id);
        }

        var (manifest, parsed) = wanted?.Level is null ? Original(store, lease, image) : (null, null);
        if (wanted is not null && parsed?.Layers.All(wanted.IsFormOf) == false)
        {
            (manifest, parsed) = (null, null);
        }

        var layers = diffIds.Select((diffId, i) => new PushLayer(chain[i], diffId, parsed?.Layers[i])).ToList();
        return new PushPlan(image, config, layers, manifest);
    }

    /// <summary>An image goes out with the manifest it came with, byte for byte, as long as its blobs are all here.</summary>
    private static ((Descriptor Descriptor, byte[] Content)? Document, Manifest? Parsed) Original(ImageStore store, ContentLease lease, ImageRecord image)
    {
        if (image.Manifest.IsEmpty)
        {
            return (null, null);
        }

        lease.Protect(image.Manifest);
        if (!store.Content.TryStat(image.Manifest, out _))
        {
            return (null, null);
        }

        var content = store.Content.ReadAll(image.Manifest);
        var parsed = JsonSerializer.Deserialize(content, OciJson.Default.Manifest);
        if (parsed?.Layers is null || parsed.Config.Digest != image.Id)
        {
            return (null, null);
        }

        foreach (var layer in parsed.Layers)
        {
            lease.Protect(layer.Digest);
        }

        var mediaType = string.IsNullOrEmpty(parsed.MediaType) ? MediaTypes.OciManifest : parsed.MediaType;
        var descriptor = new Descriptor { MediaType = mediaType, Digest = image.Manifest, Size = content.Length };
        return parsed.Layers.All(layer => store.Content.TryStat(layer.Digest, out _)) ? ((descriptor, content), parsed) : (null, null);
    }
}
