using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>
/// Pulls images (docs/flows/pull.md): manifest, config, then all layers at once, each downloaded and unpacked in one go. One for the whole
/// engine, as identical layers under way are shared between pulls.
/// </summary>
public sealed class ImagePuller(ImageStore store, RegistryClient registry, TransferOptions? options = null)
{
    private readonly TransferOptions _options = options ?? new TransferOptions();
    private readonly OrderedGate _downloads = new((options ?? new TransferOptions()).MaxConcurrentDownloads);
    private readonly SharedWork<(Digest ChainId, Digest Blob)> _layers = new();

    /// <summary>Pulls one image and points its name (tag and digest) to it.</summary>
    /// <param name="reference">With a tag or a digest; without either, <c>latest</c> is meant.</param>
    /// <param name="platform">Null for the host's, without insisting on it where the name has no index.</param>
    /// <param name="progress">Gets Docker's messages in order, also from other threads but one at a time. Nothing is reported before the manifest is here.</param>
    /// <exception cref="GantryException">With Docker's text. Nothing was changed but verified content kept for the next attempt.</exception>
    public async Task<PullResult> PullAsync(
        ImageReference reference, Platform? platform, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken = default)
    {
        var named = reference.Digest.IsEmpty ? reference.WithDefaultTag() : reference.WithDigest(reference.Digest);
        var repository = registry.OpenForPull(named, credentials);
        return await PullNamedAsync(repository, named, platform, new SerializedProgress(progress), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Pulls every tag of a repository (<c>pull --all-tags</c>).</summary>
    /// <exception cref="GantryException">As <see cref="PullAsync"/>; tags before the failing one were pulled.</exception>
    public async Task<IReadOnlyList<PullResult>> PullAllTagsAsync(
        ImageReference reference, Platform? platform, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken = default)
    {
        var results = new List<PullResult>();
        foreach (var tag in await registry.OpenForPull(reference, credentials).ListTagsAsync(cancellationToken).ConfigureAwait(false))
        {
            results.Add(await PullAsync(reference.WithTag(tag), platform, credentials, progress, cancellationToken).ConfigureAwait(false));
        }

        return results;
    }

    private async Task<PullResult> PullNamedAsync(
        RegistryRepository repository, ImageReference named, Platform? platform, SerializedProgress progress, CancellationToken cancellationToken)
    {
        using var lease = store.Content.Lease($"pull of {named}");
        var wanted = named.Tag ?? named.Digest.ToString();
        var root = await FindHereAsync(repository, lease, named, wanted, cancellationToken).ConfigureAwait(false)
            ?? await repository.GetManifestAsync(wanted, cancellationToken).ConfigureAwait(false);
        progress.Report(TransferEvent.Plain($"Pulling from {named.Path}", wanted));

        async Task<ManifestContent> GetAsync(Descriptor descriptor) =>
            FindDocument(lease, descriptor) ?? await repository.GetManifestAsync(descriptor.Digest.ToString(), cancellationToken).ConfigureAwait(false);

        var remote = await new ManifestResolver(GetAsync, named, platform).ResolveAsync(root).ConfigureAwait(false);
        var (configBytes, config) = await ConfigAsync(repository, lease, remote.Manifest.Config, cancellationToken).ConfigureAwait(false);
        Check(named, platform, remote, config);
        var attestations = await BesideAsync(
            token => new AttestationPull(store.Content, lease, repository, GetAsync, progress).RunAsync(remote, token),
            token => PullLayersAsync(repository, lease, remote.Manifest, config, progress, token),
            cancellationToken).ConfigureAwait(false);

        var id = Digest.Of(configBytes);
        var isHere = store.HasPlatform(named, id, root.Digest);
        foreach (var document in remote.Documents.Append(remote.ManifestDocument))
        {
            await StoreAsync(lease, document.Descriptor, document.Content, cancellationToken).ConfigureAwait(false);
        }

        await store.CreateAsync(lease, new NewImage
        {
            Config = configBytes,
            Manifest = remote.ManifestDocument.Descriptor,
            LayerBlobs = remote.Manifest.Layers,
            Documents = [.. remote.Documents.Select(document => document.Descriptor), .. attestations],
            Index = remote.Documents.Count > 0 ? root.Descriptor : null,
            NamesCameAlong = true,
            References = [.. new[] { named, named.WithDigest(root.Digest) }.Distinct()],
        }, cancellationToken).ConfigureAwait(false);
        progress.Report(TransferEvent.Plain($"Digest: {root.Digest}"));
        progress.Report(TransferEvent.Plain($"Status: {(isHere ? "Image is up to date" : "Downloaded newer image")} for {named.Familiar}"));
        return new PullResult(id, root.Digest, !isHere);
    }

    /// <summary>Fetches a little something while the bulk is fetched; ends it when that fails.</summary>
    private static async Task<T> BesideAsync<T>(Func<CancellationToken, Task<T>> aside, Func<CancellationToken, Task> main, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var result = aside(ending.Token);
        try
        {
            await main(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await result.ConfigureAwait(false);
    }

    /// <summary>
    /// The document a name already has here, when the registry still says the same: a HEAD instead of a GET, which registries with rate limits
    /// don't count.
    /// </summary>
    private async Task<ManifestContent?> FindHereAsync(
        RegistryRepository repository, ContentLease lease, ImageReference named, string wanted, CancellationToken cancellationToken)
    {
        var head = store.FindReference(named) is null ? null : await repository.HeadManifestAsync(wanted, cancellationToken).ConfigureAwait(false);
        return head is null ? null : FindDocument(lease, head);
    }

    private ManifestContent? FindDocument(ContentLease lease, Descriptor descriptor)
    {
        lease.Protect(descriptor.Digest);
        return store.Content.TryStat(descriptor.Digest, out var blob) && blob.Size <= registry.Options.MaxManifestSize
            ? ManifestContent.FromStore(descriptor, store.Content.ReadAll(descriptor.Digest))
            : null;
    }

    /// <summary>The config is kept as soon as it is verified, so that a pull that breaks off later does not fetch it again.</summary>
    private async Task<(byte[] Bytes, ImageConfig Config)> ConfigAsync(
        RegistryRepository repository, ContentLease lease, Descriptor descriptor, CancellationToken cancellationToken)
    {
        lease.Protect(descriptor.Digest);
        try
        {
            var here = store.Content.TryStat(descriptor.Digest, out var blob) && blob.Size == descriptor.Size;
            var bytes = here
                ? store.Content.ReadAll(descriptor.Digest)
                : await repository.GetBlobAsync(descriptor, _options.MaxConfigSize, cancellationToken).ConfigureAwait(false);
            if (!here)
            {
                await StoreAsync(lease, descriptor, bytes, cancellationToken).ConfigureAwait(false);
            }

            var config = JsonSerializer.Deserialize(bytes, OciJson.Default.ImageConfig);
            return config?.RootFs?.DiffIds is null || config.RootFs.DiffIds.Any(digest => digest.IsEmpty)
                ? throw GantryException.DataCorrupt("invalid rootfs in image configuration")
                : (bytes, config);
        }
        catch (JsonException exception)
        {
            throw GantryException.DataCorrupt($"invalid image configuration: {exception.Message}", exception);
        }
        catch (GantryException exception)
        {
            throw new GantryException(exception.Kind, $"error pulling image configuration: {exception.Message}", exception);
        }
    }

    private static void Check(ImageReference named, Platform? platform, RemoteImage remote, ImageConfig config)
    {
        if (config.RootFs.DiffIds.Count != remote.Manifest.Layers.Count)
        {
            throw GantryException.DataCorrupt("layers from manifest don't match image configuration");
        }

        if (platform is not null && remote.Documents.Count == 0 && !platform.Accepts(config.Platform))
        {
            throw ImageStore.OtherPlatform(named.Familiar, config.Platform, platform);
        }
    }

    private async Task PullLayersAsync(
        RegistryRepository repository, ContentLease lease, Manifest manifest, ImageConfig config, SerializedProgress progress, CancellationToken cancellationToken)
    {
        var layers = new List<LayerWork>();
        var parent = default(Digest);
        for (var i = 0; i < manifest.Layers.Count; i++)
        {
            layers.Add(new LayerWork(manifest.Layers[i], parent, config.RootFs.DiffIds[i]));
            parent = layers[i].ChainId;
            lease.Protect(parent);
            lease.Protect(manifest.Layers[i].Digest);
        }

        // A whole image that is here already needs no word about its layers, as in Docker.
        if (store.Find(manifest.Config.Digest) is not null && layers.All(layer => store.Layers.Exists(layer.ChainId)))
        {
            return;
        }

        var missing = layers.ToLookup(layer => store.Layers.Exists(layer.ChainId));
        foreach (var layer in layers)
        {
            progress.Report(TransferEvent.Layer(layer.ShortId, missing[true].Contains(layer) ? "Already exists" : "Pulling fs layer"));
        }

        await PullMissingAsync(repository, [.. missing[false]], progress, cancellationToken).ConfigureAwait(false);
    }

    private async Task PullMissingAsync(RegistryRepository repository, List<LayerWork> layers, SerializedProgress progress, CancellationToken cancellationToken)
    {
        var unpack = new OrderedGate(_options.MaxConcurrentUnpacks);
        await Together.RunAsync(
            layers,
            async (layer, token) =>
            {
                await _layers.RunAsync(
                    (layer.ChainId, layer.Blob.Digest),
                    (events, jobToken) => new LayerPull(store, repository, layer, events, _options).RunAsync(_downloads, unpack, jobToken),
                    new Once(progress), token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private Task StoreAsync(ContentLease lease, Descriptor descriptor, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        BlobPull.KeepAsync(store.Content, lease, descriptor, content, cancellationToken);

    /// <summary>A listener of its own for each layer, so that one image with the same layer twice joins and leaves twice.</summary>
    private sealed class Once(IProgress<TransferEvent> inner) : IProgress<TransferEvent>
    {
        public void Report(TransferEvent value) => inner.Report(value);
    }
}
