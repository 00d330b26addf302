using Gantry.Api;
using Gantry.Images.Attestations;
using Gantry.Oci;

namespace Gantry.Images.Queries;

/// <summary>The manifests behind a name as the Engine API shows them (<c>manifests=1</c>), here or not.</summary>
internal sealed class ManifestSummaries(ImageStore store, IReadOnlyList<ImageUser> users)
{
    /// <summary>Of an index: all that it lists. Of an image that came with a manifest alone: that one. Of one made here: none.</summary>
    internal List<ImageManifestSummary> Of(ImageRecord image, Digest? root)
    {
        var entries = root is { } index ? IndexEntries.Read(store.Content, index)
            : image.Manifest.IsEmpty || !store.Content.TryStat(image.Manifest, out var blob) ? []
            : [new Descriptor { MediaType = MediaTypes.OciManifest, Digest = image.Manifest, Size = blob.Size }];
        return [.. entries.Select(Describe)];
    }

    private ImageManifestSummary Describe(Descriptor entry)
    {
        var here = IndexEntries.Manifest(store.Content, entry);
        var image = here is { } found ? store.Find(found.Manifest.Config.Digest) : null;
        var content = here is null ? 0 : new[] { entry, here.Value.Manifest.Config }.Concat(here.Value.Manifest.Layers).Sum(SizeHere);
        var isAttestation = Attestation.Is(entry);
        var summary = new ImageManifestSummary
        {
            ID = entry.Digest.ToString(),
            Descriptor = new OCIDescriptor
            {
                MediaType = string.IsNullOrEmpty(here?.Manifest.MediaType) ? entry.MediaType : here.Value.Manifest.MediaType,
                Digest = entry.Digest.ToString(),
                Size = entry.Size,
                Annotations = entry.Annotations?.ToDictionary(),
                Platform = entry.Platform is { } platform ? Describe(platform) : null,
            },
            Available = isAttestation ? here is not null : image is not null,
            Kind = isAttestation ? "attestation" : "image",
            Size = new ImageManifestSummarySize { Content = content, Total = content + (image?.Size ?? 0) },
        };
        if (isAttestation)
        {
            summary.AttestationData = new ImageManifestSummaryAttestationData { For = Attestation.SubjectOf(entry) };
            return summary;
        }

        summary.ImageData = new ImageManifestSummaryImageData
        {
            Platform = Describe(entry.Platform ?? (image is null ? new Platform() : store.Config(image.Id).Platform)),
            Containers = [.. users.Where(user => image is not null && user.ImageId == image.Id).Select(user => user.ContainerId)],
            Size = new ImageManifestSummaryImageDataSize { Unpacked = image?.Size ?? 0 },
        };
        return summary;
    }

    private long SizeHere(Descriptor blob) => store.Content.TryStat(blob.Digest, out var info) ? info.Size : 0;

    private static OCIPlatform Describe(Platform platform) => new()
    {
        Architecture = platform.Architecture,
        Os = platform.Os,
        OsVersion = platform.OsVersion,
        OsFeatures = platform.OsFeatures?.ToList(),
        Variant = platform.Variant,
    };
}
