using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Plugins;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Check;

/// <summary>
/// Brings back what a check found damaged: blobs from the registries that the images' names say (without credentials), layers from their blobs.
/// Each method returns what was done, or null when nothing could be.
/// </summary>
internal sealed partial class StoreMender(ImageStore store, RegistryClient registry, ContentLease lease, IReadOnlySet<Digest> inUse)
{
    private const int MaxDocument = 16 << 20;

    /// <param name="images">Those that need it.</param>
    /// <param name="plugins">Those that need it.</param>
    internal async Task<string?> BlobAsync(Digest digest, IReadOnlyList<Digest> images, IReadOnlyList<KeptPlugin> plugins, CancellationToken cancellationToken)
    {
        store.Content.Delete(digest);
        if (await FetchForPluginsAsync(digest, plugins, cancellationToken).ConfigureAwait(false) is { } source)
        {
            return $"fetched again from {source}";
        }

        if (images.Count == 0 && plugins.Count > 0)
        {
            return null;
        }

        if (images.Count == 0)
        {
            return "removed: nobody needs it";
        }

        if (await FetchAsync(digest, images, cancellationToken).ConfigureAwait(false) is { } from)
        {
            return $"fetched again from {from}";
        }

        // A layer that is unpacked does without the form it came in: a push makes a new one.
        var known = images.SelectMany(Layers).Any(l => store.KnownBlobs(l.DiffId).Any(b => b.Digest == digest) && store.Layers.Exists(l.ChainId));
        if (!known)
        {
            return null;
        }

        store.ForgetBlob(digest);
        return "forgotten: no registry has it, the layer itself is here and will be compressed anew when it is pushed";
    }

    internal async Task<string?> LayerAsync(Digest parent, Digest chainId, Digest diffId, IReadOnlyList<Digest> images, CancellationToken cancellationToken)
    {
        if (inUse.Contains(chainId))
        {
            return null;
        }

        foreach (var blob in store.KnownBlobs(diffId))
        {
            lease.Protect(blob.Digest);
            try
            {
                if ((store.Content.TryStat(blob.Digest, out _) && store.Content.Verify(blob.Digest))
                    || await FetchAsync(blob.Digest, images, cancellationToken).ConfigureAwait(false) is not null)
                {
                    await UnpackAsync(parent, chainId, diffId, blob.Digest, cancellationToken).ConfigureAwait(false);
                    return $"unpacked again from {blob.Digest}";
                }
            }
            catch (GantryException)
            {
                // This blob does not help; another may.
                continue;
            }
        }

        return null;
    }

    /// <param name="diffId">Default: nothing tells it but the layer's own record, which may be what is damaged.</param>
    private async Task UnpackAsync(Digest parent, Digest chainId, Digest diffId, Digest blob, CancellationToken cancellationToken)
    {
        await using var file = store.Content.OpenRead(blob);
        await using var tar = await store.Layers.OpenTarAsync(file, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (Directory.Exists(store.Layers.DiffDirectory(chainId)) || Directory.Exists(Path.GetDirectoryName(store.Layers.DiffDirectory(chainId))))
        {
            await store.Layers.ReplaceLayerAsync(parent, diffId, tar, cancellationToken).ConfigureAwait(false);
        }
        else if (diffId.IsEmpty)
        {
            await store.Layers.ApplyLayerAsync(parent, tar, lease.Protect, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await store.Layers.ApplyLayerAsync(parent, diffId, tar, null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks for a blob in every repository that an image is known by a digest of; returns the one that had it.</summary>
    private async Task<string?> FetchAsync(Digest digest, IReadOnlyList<Digest> images, CancellationToken cancellationToken)
    {
        foreach (var reference in images.SelectMany(store.References).Where(r => !r.Digest.IsEmpty).DistinctBy(r => r.Name))
        {
            try
            {
                var repository = registry.OpenForPull(reference, null);
                if (await FetchAsync(repository, digest, images, cancellationToken).ConfigureAwait(false))
                {
                    return reference.FamiliarName;
                }
            }
            catch (GantryException)
            {
                // Not reachable, or it has it no more: the next one.
                continue;
            }
        }

        return null;
    }

    private async Task<bool> FetchAsync(RegistryRepository repository, Digest digest, IReadOnlyList<Digest> images, CancellationToken cancellationToken)
    {
        var blob = images.SelectMany(Described).FirstOrDefault(d => d.Digest == digest);
        if (blob is null || MediaTypes.IsManifest(blob.MediaType) || MediaTypes.IsIndex(blob.MediaType))
        {
            // Manifests and indexes are named by nothing but the record.
            var document = await repository.GetManifestAsync(digest.ToString(), cancellationToken).ConfigureAwait(false);
            await store.Content.WriteAsync(lease, document.Content, cancellationToken).ConfigureAwait(false);
            return store.Content.TryStat(digest, out _);
        }

        await BlobPull.RunAsync(store.Content, lease, repository, blob, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Every blob that the documents of an image name, and its layers' blobs as the store knows them.</summary>
    private IEnumerable<Descriptor> Described(Digest image)
    {
        foreach (var digest in store.NeededBlobs(image).Where(d => store.Content.TryStat(d, out var info) && info.Size <= MaxDocument))
        {
            if (TryManifest(digest) is { Config: not null, Layers: not null } manifest && !manifest.Config.Digest.IsEmpty)
            {
                yield return manifest.Config;
                foreach (var layer in manifest.Layers)
                {
                    yield return layer;
                }
            }
        }

        foreach (var blob in Layers(image).SelectMany(l => store.KnownBlobs(l.DiffId)))
        {
            yield return blob;
        }
    }

    private Manifest? TryManifest(Digest digest)
    {
        try
        {
            return JsonSerializer.Deserialize(store.Content.ReadAll(digest, MaxDocument), OciJson.Default.Manifest);
        }
        catch (Exception e) when (e is JsonException or GantryException)
        {
            // A layer's blob, or a document that is damaged itself.
            return null;
        }
    }

    /// <summary>An image's layers by its config; none where that is damaged.</summary>
    private List<(Digest ChainId, Digest DiffId)> Layers(Digest image)
    {
        try
        {
            var diffIds = store.Config(image).RootFs.DiffIds;
            return [.. ChainId.Of(diffIds).Zip(diffIds)];
        }
        catch (GantryException)
        {
            return [];
        }
    }
}
