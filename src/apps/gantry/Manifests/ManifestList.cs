using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Manifests;

/// <summary>The document that names the images of a list, as docker writes it.</summary>
internal static class ManifestList
{
    /// <exception cref="GantryException">InvalidArgument: an image of another registry.</exception>
    public static (string MediaType, byte[] Content) Build(ImageReference target, IReadOnlyList<ImageManifest> images)
    {
        if (images.FirstOrDefault(i => i.Reference.Domain != target.Domain) is { } foreign)
        {
            throw GantryException.InvalidArgument(
                $"cannot use source images from a different registry than the target image: {foreign.Reference.Domain} != {target.Domain}");
        }

        var mediaType = images.Count > 0 && images[0].Descriptor.MediaType == MediaTypes.OciManifest ? MediaTypes.OciIndex : MediaTypes.DockerManifestList;
        return (mediaType, ImageManifest.ToJson(
            json =>
            {
                json.WriteStartObject();
                json.WriteNumber("schemaVersion", 2);
                json.WriteString("mediaType", mediaType);
                json.WriteStartArray("manifests");
                foreach (var image in images)
                {
                    json.WriteStartObject();
                    json.WriteString("mediaType", image.Descriptor.MediaType);
                    json.WriteNumber("size", image.Descriptor.Size);
                    json.WriteString("digest", image.Descriptor.Digest.ToString());
                    ImageManifest.WritePlatform(json, image.Descriptor.Platform);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            (' ', 3)));
    }
}
