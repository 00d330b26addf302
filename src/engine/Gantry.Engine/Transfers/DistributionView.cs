using System.Text.Json;
using Gantry.Api;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Engine.Transfers;

/// <summary>A registry's manifest or index as <c>GET /distribution/NAME/json</c> shows it.</summary>
internal static class DistributionView
{
    private const int MaxConfigSize = 8 << 20;

    internal static async Task<DistributionInspect> DescribeAsync(RegistryRepository repository, ManifestContent content, CancellationToken cancellationToken) => new()
    {
        Descriptor = new OCIDescriptor
        {
            MediaType = content.Descriptor.MediaType,
            Digest = content.Descriptor.Digest.ToString(),
            Size = content.Descriptor.Size,
        },
        Platforms = MediaTypes.IsIndex(content.Descriptor.MediaType)
            ? OfIndex(content.Content)
            : await OfManifestAsync(repository, content.Content, cancellationToken).ConfigureAwait(false),
    };

    private static List<OCIPlatform> OfIndex(ReadOnlyMemory<byte> json) =>
        [.. JsonSerializer.Deserialize(json.Span, OciJson.Default.ImageIndex)!.Manifests.Where(m => m.Platform is not null).Select(m => Of(m.Platform!))];

    private static async Task<List<OCIPlatform>> OfManifestAsync(RegistryRepository repository, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var manifest = JsonSerializer.Deserialize(json.Span, OciJson.Default.Manifest)!;
        var bytes = await repository.GetBlobAsync(manifest.Config, MaxConfigSize, cancellationToken).ConfigureAwait(false);
        var config = JsonSerializer.Deserialize(bytes, OciJson.Default.ImageConfig)!;
        return [Of(new Platform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant, OsVersion = config.OsVersion })];
    }

    private static OCIPlatform Of(Platform platform) => new()
    {
        Architecture = platform.Architecture,
        Os = platform.Os,
        OsVersion = platform.OsVersion,
        OsFeatures = platform.OsFeatures?.ToList(),
        Variant = platform.Variant,
    };
}
