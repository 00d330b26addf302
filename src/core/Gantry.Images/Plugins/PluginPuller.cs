using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Plugins;

/// <summary>
/// Brings plugins out of registries into the stores. What it stores is under the caller's lease until a record names it.
/// </summary>
/// <remarks>
/// The layers' digests are what is verified: Docker's engine writes digests of compressed layers where their diff ids belong (<c>rootfs.diff_ids</c>), so
/// these are not looked at.
/// </remarks>
public sealed class PluginPuller(ImageStore store, RegistryClient registry)
{
    private const int MaxConfigSize = 4 << 20;
    private const int MaxLayers = 128;
    private const int BufferSize = 256 * 1024;

    /// <summary>Gets manifest and config of a plugin.</summary>
    /// <param name="reference">With a tag or a digest.</param>
    /// <exception cref="GantryException">In Docker's words: NotFound; Internal: it is no plugin, or the registry fails.</exception>
    public async Task<RemotePlugin> FindAsync(ImageReference reference, RegistryCredentials? credentials, CancellationToken cancellationToken = default)
    {
        var repository = registry.OpenForPull(reference, credentials);
        ManifestContent root;
        try
        {
            root = await repository.GetManifestAsync(reference.Digest.IsEmpty ? reference.Tag! : reference.Digest.ToString(), cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"error resolving plugin reference: {(e.Kind == ErrorKind.NotFound ? $"{reference}: not found" : e.Message)}", e);
        }

        var resolver = new ManifestResolver(
            descriptor => repository.GetManifestAsync(descriptor.Digest.ToString(), cancellationToken), reference, platform: null, type => type == MediaTypes.DockerPlugin);
        var found = await resolver.ResolveAsync(root).ConfigureAwait(false);
        var config = await repository.GetBlobAsync(found.Manifest.Config, MaxConfigSize, cancellationToken).ConfigureAwait(false);
        return found.Manifest.Layers.Count is 0 or > MaxLayers || found.Manifest.Layers.Any(l => !MediaTypes.IsLayer(l.MediaType))
            ? throw GantryException.Internal($"the plugin {reference.Familiar} has no root file system that can be unpacked")
            : new RemotePlugin(found.ManifestDocument.Descriptor, found.ManifestDocument.Content, found.Manifest.Config, config, found.Manifest.Layers);
    }

    /// <summary>Fetches and unpacks a plugin's layers. An attempt that breaks off is gone on with by the next one.</summary>
    /// <param name="known">Plugins that are here: layers of theirs are taken instead of fetched.</param>
    /// <exception cref="GantryException">DataCorrupt: not what digests and sizes say, or not unpackable; Internal: the registry fails.</exception>
    public async Task<PluginImage> PullAsync(
        ImageReference reference, RemotePlugin remote, IReadOnlyList<PluginImage> known, ContentLease lease, RegistryCredentials? credentials, IProgress<TransferEvent> progress,
        CancellationToken cancellationToken = default)
    {
        var repository = registry.OpenForPull(reference, credentials);
        await BlobPull.KeepAsync(store.Content, lease, remote.Manifest, remote.ManifestContent, cancellationToken).ConfigureAwait(false);
        await BlobPull.KeepAsync(store.Content, lease, remote.ConfigDescriptor, remote.Config, cancellationToken).ConfigureAwait(false);
        foreach (var layer in remote.Layers)
        {
            lease.Protect(layer.Digest);
        }

        var chain = KnownChain(remote.Layers, known, lease).ToList();
        for (var i = 0; i < remote.Layers.Count; i++)
        {
            var layer = remote.Layers[i];
            var isNew = i >= chain.Count || !store.Content.TryStat(layer.Digest, out _);
            progress.Report(TransferEvent.Layer(layer.Digest.Short, isNew ? "Waiting" : "Already exists"));
            await DownloadAsync(repository, layer, lease, progress, cancellationToken).ConfigureAwait(false);
            if (i >= chain.Count)
            {
                chain.Add(await UnpackAsync(layer, i == 0 ? default : chain[i - 1], lease, cancellationToken).ConfigureAwait(false));
            }

            progress.Report(TransferEvent.Layer(layer.Digest.Short, "Complete"));
        }

        await Task.WhenAll(store.Layers.SyncAsync(cancellationToken), store.Content.SyncAsync(cancellationToken)).ConfigureAwait(false);
        return new PluginImage { Config = remote.ConfigDescriptor, Chain = chain, Manifest = remote.Manifest, Blobs = remote.Layers };
    }

    /// <summary>The unpacked layers of another plugin that begins with the same blobs, as far as they are there.</summary>
    private IEnumerable<Digest> KnownChain(IReadOnlyList<Descriptor> layers, IReadOnlyList<PluginImage> known, ContentLease lease)
    {
        var best = known.Select(k => (Image: k, Same: k.Blobs.Zip(layers).TakeWhile(p => p.First.Digest == p.Second.Digest).Count()))
            .OrderByDescending(k => k.Same).FirstOrDefault();
        foreach (var chainId in best.Image?.Chain.Take(best.Same) ?? [])
        {
            lease.Protect(chainId);
            if (!store.Layers.Exists(chainId))
            {
                yield break;
            }

            yield return chainId;
        }
    }

    private async Task DownloadAsync(RegistryRepository repository, Descriptor layer, ContentLease lease, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        var id = layer.Digest.Short;
        var writer = await store.Content.BeginIngestAsync(lease, layer.Digest.ToString(), layer.Digest, layer.Size, cancellationToken).ConfigureAwait(false);
        if (writer is null)
        {
            return;
        }

        await using var writing = writer.ConfigureAwait(false);
        var bar = new LayerProgress(progress, id, "Downloading", layer.Size);
        var source = await repository.OpenBlobAsync(layer, writer.Offset, wait => progress.Report(TransferEvent.Retrying(id, wait)), cancellationToken).ConfigureAwait(false);
        await using var reading = source.ConfigureAwait(false);
        var buffer = new byte[BufferSize];
        for (int read; (read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            writer.Write(buffer.AsSpan(0, read));
            bar.Report(writer.Offset);
        }

        await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
        progress.Report(TransferEvent.Layer(id, "Download complete"));
    }

    private async Task<Digest> UnpackAsync(Descriptor layer, Digest parent, ContentLease lease, CancellationToken cancellationToken)
    {
        var blob = store.Content.OpenRead(layer.Digest);
        await using var closing = blob.ConfigureAwait(false);
        var tar = await store.Layers.OpenTarAsync(blob, leaveOpen: true, cancellationToken).ConfigureAwait(false);
        await using var closingTar = tar.ConfigureAwait(false);
        return (await store.Layers.ApplyLayerAsync(parent, tar, lease.Protect, cancellationToken).ConfigureAwait(false)).ChainId;
    }
}
