using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Attestations;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>
/// Fetches what an image's indexes attest to it. An image is worth having without: what the registry has no more, or is out of all proportion, is
/// told of and left there.
/// </summary>
/// <param name="getDocument">Finds a manifest here or fetches it; its digest is checked.</param>
internal sealed class AttestationPull(
    ContentStore content, ContentLease lease, RegistryRepository repository, Func<Descriptor, Task<ManifestContent>> getDocument, IProgress<TransferEvent> progress)
{
    /// <summary>BuildKit makes one for each image.</summary>
    private const int MaxAttestations = 8;

    private const int MaxParts = 256;
    private const long MaxSize = 256L << 20;

    /// <returns>All that is to be kept with the image: the manifests and their parts.</returns>
    internal async Task<IReadOnlyList<Descriptor>> RunAsync(RemoteImage image, CancellationToken cancellationToken)
    {
        var kept = new List<Descriptor>();
        foreach (var entry in Entries(image).Take(MaxAttestations))
        {
            try
            {
                kept.AddRange((await FetchAsync(entry, cancellationToken).ConfigureAwait(false)).All);
            }
            catch (GantryException exception)
            {
                progress.Report(TransferEvent.Plain($"Attestation {entry.Digest} was not pulled: {exception.Message}"));
            }
        }

        return kept;
    }

    private static IEnumerable<Descriptor> Entries(RemoteImage image) => image.Documents
        .SelectMany(document => JsonSerializer.Deserialize(document.Content.Span, OciJson.Default.ImageIndex)?.Manifests ?? [])
        .Where(entry => entry is { Digest.IsEmpty: false } && Attestation.IsOf(entry, image.ManifestDocument.Digest))
        .DistinctBy(entry => entry.Digest);

    private async Task<Attestation> FetchAsync(Descriptor entry, CancellationToken cancellationToken)
    {
        var document = await getDocument(entry).ConfigureAwait(false);
        var parts = Parse(document);
        if (parts.Count > MaxParts || parts.Sum(part => (decimal)part.Size) > MaxSize)
        {
            throw GantryException.InvalidArgument($"it has {parts.Count} parts of {parts.Sum(part => (decimal)part.Size)} bytes");
        }

        foreach (var part in parts)
        {
            await BlobPull.RunAsync(content, lease, repository, part, cancellationToken).ConfigureAwait(false);
        }

        await BlobPull.KeepAsync(content, lease, entry, document.Content, cancellationToken).ConfigureAwait(false);
        return new Attestation(entry, document.Content.ToArray(), parts);
    }

    private static IReadOnlyList<Descriptor> Parse(ManifestContent document)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(document.Content.Span, OciJson.Default.Manifest);
            return manifest is not null && Attestation.Parts(manifest) is { } parts ? parts : throw GantryException.DataCorrupt($"manifest {document.Digest} is malformed");
        }
        catch (JsonException exception)
        {
            throw GantryException.DataCorrupt($"manifest {document.Digest} is malformed: {exception.Message}", exception);
        }
    }
}
