using Gantry.Content;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>Pushes images: layers and config first, the manifest that names them last. One for the whole engine.</summary>
public sealed class ImagePusher(ImageStore store, RegistryClient registry, TransferOptions? options = null)
{
    private readonly OrderedGate _uploads = new((options ?? new TransferOptions()).MaxConcurrentUploads);

    /// <summary>Pushes the tag that <paramref name="reference"/> names, or all tags of its repository when it has none.</summary>
    /// <param name="progress">Gets Docker's messages in order, from other threads too but one at a time; the first comes before anything can fail.</param>
    /// <returns>The pushed tags with the digests the registry has them by; the images have these as names too afterwards.</returns>
    /// <exception cref="GantryException">With Docker's text.</exception>
    /// <param name="platform">Push the names' images for it alone; null for all platforms that the names stand for.</param>
    /// <param name="compression">The form that all layers are sent in; null for that in which they came, and gzip for layers made here.</param>
    public async Task<IReadOnlyList<PushedTag>> PushAsync(
        ImageReference reference, Platform? platform, LayerCompression? compression, RegistryCredentials? credentials, IProgress<TransferEvent> progress,
        CancellationToken cancellationToken = default)
    {
        if (!reference.Digest.IsEmpty)
        {
            throw GantryException.InvalidArgument("cannot push a digest reference");
        }

        var events = new SerializedProgress(progress);
        events.Report(TransferEvent.Plain($"The push refers to repository [{reference.Name}]"));
        var repository = registry.OpenForPush(reference, credentials);
        var pushed = new List<PushedTag>();
        foreach (var tag in Tags(reference))
        {
            pushed.Add(await PushTagAsync(repository, tag, platform, compression, events, cancellationToken).ConfigureAwait(false));
        }

        return pushed;
    }

    private IReadOnlyList<ImageReference> Tags(ImageReference reference)
    {
        var all = store.Tags(reference.Name);
        return all.Count == 0 ? throw GantryException.NotFound($"An image does not exist locally with the tag: {reference.FamiliarName}")
            : reference.Tag is null ? all
            : all.Contains(reference) ? [reference]
            : throw GantryException.NotFound($"tag does not exist: {reference.Familiar}");
    }

    private async Task<PushedTag> PushTagAsync(
        RegistryRepository repository, ImageReference reference, Platform? platform, LayerCompression? compression, SerializedProgress events, CancellationToken cancellationToken)
    {
        using var lease = store.Content.Lease($"push of {reference}");
        var images = platform is null ? store.Platforms(reference.ToString()) : [store.Resolve(reference.ToString(), platform)];
        var index = new IndexPush(store, repository, reference, compression, lease);
        var descriptor = images.Count > 1 || (platform is null && index.IsWhole(images[0]))
            ? await index.RunAsync(
                images, image => PushImageAsync(repository, reference, image, null, compression, lease, events, cancellationToken), cancellationToken).ConfigureAwait(false)
            : await PushImageAsync(repository, reference, images[0], reference.Tag, compression, lease, events, cancellationToken).ConfigureAwait(false);
        events.Report(TransferEvent.Plain($"{reference.Tag}: digest: {descriptor.Digest} size: {descriptor.Size}"));
        var pushed = new PushedTag(reference.Tag!, descriptor.Digest, descriptor.Size);
        events.Report(new TransferEvent { HasDetail = true, Pushed = pushed });
        return pushed;
    }

    /// <summary>Pushes one image and returns its manifest; without a tag, as part of an index, under the manifest's digest alone.</summary>
    private async Task<Descriptor> PushImageAsync(
        RegistryRepository repository, ImageReference reference, ImageRecord image, string? tag, LayerCompression? compression, ContentLease lease, SerializedProgress events,
        CancellationToken cancellationToken)
    {
        var plan = PushPlan.For(store, lease, image, compression);

        // Docker goes from the top layer down.
        var layers = plan.Layers.Reverse().ToList();
        foreach (var layer in layers)
        {
            events.Report(TransferEvent.Layer(layer.ShortId, "Preparing"));
        }

        var blobs = await Together.RunAsync(
            layers.DistinctBy(layer => layer.DiffId),
            async (layer, token) => (layer.DiffId, Blob: await new LayerPush(store, repository, reference, layer, compression, events).RunAsync(_uploads, lease, token).ConfigureAwait(false)),
            cancellationToken).ConfigureAwait(false);
        var byLayer = blobs.ToDictionary(entry => entry.DiffId, entry => entry.Blob);
        var (descriptor, content) = plan.Manifest ?? ManifestBuilder.Build(plan.Config, [.. plan.Layers.Select(layer => byLayer[layer.DiffId])]);
        await PushDocumentsAsync(repository, tag ?? descriptor.Digest.ToString(), plan, descriptor, content, cancellationToken).ConfigureAwait(false);
        await RememberAsync(
            lease, tag is null ? [] : [reference.WithDigest(descriptor.Digest)], plan, descriptor, content, [.. plan.Layers.Select(layer => byLayer[layer.DiffId])],
            isOwnForm: compression is null || plan.Manifest is not null, cancellationToken).ConfigureAwait(false);
        return descriptor;
    }

    private static async Task PushDocumentsAsync(
        RegistryRepository repository, string name, PushPlan plan, Descriptor manifest, byte[] content, CancellationToken cancellationToken)
    {
        var config = new Descriptor { Digest = plan.Image.Id, Size = plan.Config.Length };
        await repository.UploadAsync(
            new UploadSource(config, (offset, _) => Task.FromResult<Stream>(new MemoryStream(plan.Config, (int)offset, plan.Config.Length - (int)offset))),
            cancellationToken).ConfigureAwait(false);
        await repository.PutManifestAsync(name, manifest.MediaType, content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The image is known by its digest from now on, and is pushed with the same manifest next time; after a push in a form that was asked for, its
    /// blobs are kept for the next one that asks for it.
    /// </summary>
    private async Task RememberAsync(
        ContentLease lease, IReadOnlyList<ImageReference> names, PushPlan plan, Descriptor manifest, byte[] content, IReadOnlyList<Descriptor> layers, bool isOwnForm,
        CancellationToken cancellationToken)
    {
        await store.Content.WriteAsync(lease, content, cancellationToken).ConfigureAwait(false);
        await store.CreateAsync(lease, new NewImage
        {
            Config = plan.Config,
            Manifest = isOwnForm ? manifest : null,
            LayerBlobs = isOwnForm ? layers : [],
            Documents = isOwnForm ? [] : [manifest, .. layers],
            Parent = plan.Image.Parent,
            References = names,
            MayBeLost = true,
            NamesCameAlong = true,
        }, cancellationToken).ConfigureAwait(false);
    }
}
