using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Plugins;

/// <summary>Sends plugins to registries: the layers, the config, and the manifest that names them last.</summary>
public sealed class PluginPusher(ImageStore store, RegistryClient registry)
{
    /// <param name="reference">With a tag.</param>
    /// <exception cref="GantryException">As the registry fails, in Docker's words.</exception>
    public async Task PushAsync(
        ImageReference reference, PluginImage plugin, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken = default)
    {
        using var lease = store.Content.Lease($"push of plugin {reference}");
        foreach (var root in plugin.Roots())
        {
            lease.Protect(root);
        }

        progress.Report(TransferEvent.Plain($"The push refers to repository [{reference.FamiliarName}]"));
        var repository = registry.OpenForPush(reference, credentials);
        var layers = await LayersAsync(plugin, lease, cancellationToken).ConfigureAwait(false);
        var (manifest, content) = await ManifestAsync(plugin, layers, lease, cancellationToken).ConfigureAwait(false);
        List<Descriptor> blobs = [.. layers, plugin.Config];
        foreach (var part in blobs.Prepend(manifest))
        {
            progress.Report(TransferEvent.Layer(part.Digest.Short, "Preparing"));
        }

        foreach (var blob in blobs)
        {
            await UploadAsync(repository, reference, blob, progress, cancellationToken).ConfigureAwait(false);
            progress.Report(TransferEvent.Layer(blob.Digest.Short, "Upload complete"));
        }

        await repository.PutManifestAsync(reference.Tag!, manifest.MediaType, content, cancellationToken).ConfigureAwait(false);
        progress.Report(TransferEvent.Layer(manifest.Digest.Short, "Upload complete"));
        progress.Report(new TransferEvent { HasDetail = true, Pushed = new PushedTag(reference.Tag!, manifest.Digest, manifest.Size) });
    }

    /// <summary>The layers' blobs as they came, or gzip blobs made of them: the same ones each time.</summary>
    private async Task<IReadOnlyList<Descriptor>> LayersAsync(PluginImage plugin, ContentLease lease, CancellationToken cancellationToken)
    {
        if (plugin.Blobs.Count > 0)
        {
            return plugin.Blobs;
        }

        var layers = new List<Descriptor>();
        foreach (var chainId in plugin.Chain)
        {
            var blob = await store.EnsureLayerBlobAsync(lease, chainId, wanted: null, cancellationToken).ConfigureAwait(false);
            layers.Add(new Descriptor { MediaType = MediaTypes.DockerLayerGzip, Digest = blob.Digest, Size = blob.Size });
        }

        return layers;
    }

    private async Task<(Descriptor Descriptor, ReadOnlyMemory<byte> Content)> ManifestAsync(
        PluginImage plugin, IReadOnlyList<Descriptor> layers, ContentLease lease, CancellationToken cancellationToken)
    {
        if (plugin.Manifest is { } given)
        {
            return (given, store.Content.ReadAll(given.Digest));
        }

        var manifest = new Manifest
        {
            MediaType = MediaTypes.DockerManifest,
            Config = new Descriptor { MediaType = MediaTypes.DockerPlugin, Digest = plugin.Config.Digest, Size = plugin.Config.Size },
            Layers = layers,
        };
        var content = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Plain.Manifest);
        var digest = await store.Content.WriteAsync(lease, content, cancellationToken).ConfigureAwait(false);
        return (new Descriptor { MediaType = MediaTypes.DockerManifest, Digest = digest, Size = content.Length }, content);
    }

    private async Task UploadAsync(RegistryRepository repository, ImageReference reference, Descriptor blob, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        var id = blob.Digest.Short;
        using var memory = store.Uploads.Enter(reference.Name, blob);
        await repository.UploadAsync(
            new UploadSource(blob, (offset, _) => Task.FromResult<Stream>(Open(blob.Digest, offset)))
            {
                Earlier = memory?.Earlier,
                Moved = memory is null ? null : memory.Remember,
                Progress = new LayerProgress(progress, id, "Uploading", blob.Size),
                Retrying = wait => progress.Report(TransferEvent.Retrying(id, wait)),
            },
            cancellationToken).ConfigureAwait(false);
    }

    private FileStream Open(Digest digest, long offset)
    {
        var file = store.Content.OpenRead(digest);
        file.Position = offset;
        return file;
    }
}
