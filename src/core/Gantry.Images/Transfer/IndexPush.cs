using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Attestations;
using Gantry.Images.Queries;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>
/// Pushes a name with all its platforms: each image and what is attested of it under the manifest's digest, then an index of them under the tag. That
/// is the index the images came out of, byte for byte, where all that it lists can be pushed as it was; else one of the same platforms is made.
/// </summary>
internal sealed class IndexPush(ImageStore store, RegistryRepository repository, ImageReference reference, LayerCompression? wanted, ContentLease lease)
{
    /// <summary>True where the index of a name with one image here has that image's attestations beside it, all is here as it came, and nothing else is listed.</summary>
    internal bool IsWhole(ImageRecord image) =>
        store.IndexOf(reference) is { } root && Entries(root) is { Count: > 1 } entries && entries.All(entry => Attestation.Is(entry)
            ? Attestation.Find(store.Content, entry) is not null
            : PushPlan.For(store, lease, image, wanted).Manifest?.Descriptor.Digest == entry.Digest);

    /// <param name="pushImage">Pushes one image without a tag and returns its manifest.</param>
    /// <exception cref="GantryException">NotFound, in Docker's words: not all that the index lists is here; or as the registry fails.</exception>
    internal async Task<Descriptor> RunAsync(
        IReadOnlyList<ImageRecord> images, Func<ImageRecord, Task<Descriptor>> pushImage, CancellationToken cancellationToken)
    {
        var root = store.IndexOf(reference) ?? throw GantryException.Internal($"{reference.Familiar} has several images and no index");
        var entries = Entries(root);
        if (entries.Find(entry => !Attestation.Is(entry) && FindImage(entry, images) is null) is { } missing)
        {
            throw Missing(missing);
        }

        var pushed = new List<Descriptor>();
        foreach (var image in images)
        {
            pushed.Add(await pushImage(image).ConfigureAwait(false) with { Platform = store.Config(image.Id).Platform });
        }

        foreach (var attestation in entries.Where(entry => pushed.Exists(manifest => Attestation.IsOf(entry, manifest.Digest))).ToList())
        {
            pushed.AddRange(await PushAttestationAsync(attestation, cancellationToken).ConfigureAwait(false));
        }

        var isWhole = entries.Count > 0 && entries.All(entry => pushed.Exists(manifest => manifest.Digest == entry.Digest));
        var content = isWhole ? store.Content.ReadAll(root) : Make(pushed);
        var descriptor = new Descriptor { MediaType = isWhole ? TypeOf(content) : MediaTypes.OciIndex, Digest = Digest.Of(content), Size = content.Length };
        await repository.PutManifestAsync(reference.Tag!, descriptor.MediaType, content, cancellationToken).ConfigureAwait(false);
        await store.Content.WriteAsync(lease, content, cancellationToken).ConfigureAwait(false);
        await store.RememberIndexAsync(lease, reference.WithDigest(descriptor.Digest), images, descriptor, cancellationToken).ConfigureAwait(false);
        return descriptor;
    }

    private List<Descriptor> Entries(Digest root)
    {
        lease.Protect(root);
        return IndexEntries.Read(store.Content, root);
    }

    private ImageRecord? FindImage(Descriptor entry, IReadOnlyList<ImageRecord> images) =>
        images.FirstOrDefault(image => IndexEntries.Manifest(store.Content, entry)?.Manifest.Config.Digest == image.Id);

    /// <summary>An attestation of an image that went out with the manifest that it speaks of; nothing where it is not here whole.</summary>
    private async Task<Descriptor[]> PushAttestationAsync(Descriptor entry, CancellationToken cancellationToken)
    {
        if (Attestation.Find(store.Content, entry) is not { } attestation)
        {
            return [];
        }

        foreach (var part in attestation.All)
        {
            lease.Protect(part.Digest);
        }

        foreach (var part in attestation.Blobs)
        {
            await repository.UploadAsync(new UploadSource(part, (offset, _) => Task.FromResult(Open(part.Digest, offset))), cancellationToken).ConfigureAwait(false);
        }

        await repository.PutManifestAsync(entry.Digest.ToString(), attestation.MediaType, attestation.Content, cancellationToken).ConfigureAwait(false);
        return [entry];
    }

    private Stream Open(Digest digest, long offset)
    {
        var file = store.Content.OpenRead(digest);
        file.Position = offset;
        return file;
    }

    private static byte[] Make(IReadOnlyList<Descriptor> manifests) =>
        JsonSerializer.SerializeToUtf8Bytes(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = manifests }, OciJson.Plain.ImageIndex);

    private static string TypeOf(byte[] index) =>
        JsonSerializer.Deserialize(index, OciJson.Default.ImageIndex)?.MediaType is { Length: > 0 } type ? type : MediaTypes.OciIndex;

    private static GantryException Missing(Descriptor entry) => GantryException.NotFound(
        $"missing content: content digest {entry.Digest}: not found\nNote: You're trying to push a manifest list/index which references multiple platform specific manifests, but not "
        + "all of them are available locally or available to the remote repository.\n\nMake sure you have all the referenced content and try again.\n\n"
        + "You can also push only a single platform specific manifest directly by specifying the platform you want to push with the --platform flag.");
}
