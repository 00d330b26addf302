using System.Text.Json;
using Gantry.Errors;
using Gantry.Images.Plugins;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Check;

/// <summary>
/// Reads everything the image store holds and compares it with its digests: blobs, unpacked layers (by writing their tars again; what somebody put beside a layer's own files is not seen), and what the
/// images' records name. Safe beside whatever else the engine does.
/// </summary>
public sealed partial class StoreCheck(ImageStore store, RegistryClient registry)
{
    private readonly List<StoreProblem> _problems = [];
    private readonly HashSet<Digest> _whole = [];
    private readonly IReadOnlyList<KeptPlugin> _plugins = store.KeptPlugins();
    private int _layers;
    private int _blobs;
    private long _bytes;

    /// <param name="repair">Also mend what is found, with what the registries have that the images' names say.</param>
    /// <param name="inUse">Layers that running containers have mounted: those are not replaced.</param>
    public async Task<StoreReport> RunAsync(bool repair, IReadOnlySet<Digest> inUse, CancellationToken cancellationToken = default)
    {
        using var lease = store.Content.Lease("check");
        var images = store.AllImages();
        var needs = images.ToDictionary(image => image.Id, image => store.NeededBlobs(image.Id));
        foreach (var digest in needs.Values.SelectMany(n => n).Concat(_plugins.SelectMany(plugin => plugin.Image.Roots())))
        {
            lease.Protect(digest);
        }

        var mender = repair ? new StoreMender(store, registry, lease, inUse) : null;
        await CheckBlobsAsync(needs, mender, cancellationToken).ConfigureAwait(false);
        var seen = new HashSet<Digest>();
        foreach (var image in images)
        {
            await CheckImageAsync(image, seen, mender, cancellationToken).ConfigureAwait(false);
        }

        foreach (var plugin in _plugins)
        {
            await CheckPluginAsync(plugin, seen, mender, cancellationToken).ConfigureAwait(false);
        }

        await CheckOtherLayersAsync(seen, cancellationToken).ConfigureAwait(false);
        return new StoreReport(images.Count, _layers, _blobs, _bytes, _problems);
    }

    private async Task CheckBlobsAsync(Dictionary<Digest, IReadOnlyList<Digest>> needs, StoreMender? mender, CancellationToken cancellationToken)
    {
        foreach (var blob in store.Content.Enumerate())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _blobs++;
            _bytes += blob.Size;
            if (await Task.Run(() => store.Content.Verify(blob.Digest), cancellationToken).ConfigureAwait(false))
            {
                _whole.Add(blob.Digest);
            }
            else if (store.Content.TryStat(blob.Digest, out _))
            {
                await ReportBlobAsync(blob.Digest, "its content is not what its digest says", needs, mender, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var digest in needs.Values.SelectMany(n => n).Distinct().Where(d => !store.Content.TryStat(d, out _)).ToList())
        {
            // A record may have changed since: only what is still needed is missing. A layer that was here already came without its blob.
            if (needs.Any(n => n.Value.Contains(digest) && store.Find(n.Key) is not null) && !store.IsLayerBlob(digest) && !_problems.Any(p => p.Id == digest.ToString()))
            {
                await ReportBlobAsync(digest, "it is missing", needs, mender, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var digest in MissingPluginBlobs().ToList())
        {
            await ReportBlobAsync(digest, "it is missing", needs, mender, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReportBlobAsync(
        Digest digest, string what, Dictionary<Digest, IReadOnlyList<Digest>> needs, StoreMender? mender, CancellationToken cancellationToken)
    {
        var users = needs.Where(n => n.Value.Contains(digest)).Select(n => n.Key).ToList();
        var plugins = PluginsWithBlob(digest);
        var problem = new StoreProblem("blob", digest.ToString(), [.. users.Select(u => u.ToString())], what) { Plugins = [.. plugins.Select(p => p.Name)] };
        var mended = mender is null ? null : await mender.BlobAsync(digest, users, plugins, cancellationToken).ConfigureAwait(false);
        _problems.Add(problem with { Mended = mended });
        if (mended is not null && store.Content.TryStat(digest, out _))
        {
            _whole.Add(digest);
        }
    }

    private async Task CheckImageAsync(ImageRecord image, HashSet<Digest> seen, StoreMender? mender, CancellationToken cancellationToken)
    {
        if (!_whole.Contains(image.Id))
        {
            // Told as a blob; without it nobody knows the layers.
            return;
        }

        IReadOnlyList<Digest> diffIds;
        try
        {
            diffIds = store.Config(image.Id).RootFs.DiffIds;
        }
        catch (Exception e) when (e is GantryException or JsonException)
        {
            if (store.Find(image.Id) is not null)
            {
                _problems.Add(new StoreProblem("image", image.Id.ToString(), [image.Id.ToString()], e.Message));
            }

            return;
        }

        var parent = default(Digest);
        foreach (var (chainId, diffId) in ChainId.Of(diffIds).Zip(diffIds))
        {
            if (seen.Add(chainId))
            {
                await CheckLayerAsync(image, parent, chainId, diffId, mender, cancellationToken).ConfigureAwait(false);
            }

            parent = chainId;
        }
    }

    /// <summary>Layers that only the build cache has. They are told of, not mended: the next build without cache makes them anew.</summary>
    private async Task CheckOtherLayersAsync(HashSet<Digest> seen, CancellationToken cancellationToken)
    {
        foreach (var layer in store.Layers.Layers().Where(l => !seen.Contains(l.ChainId)).ToList())
        {
            _layers++;
            if (await LookAtLayerAsync(layer.ChainId, layer.DiffId, cancellationToken).ConfigureAwait(false) is { } what && store.Layers.Exists(layer.ChainId))
            {
                _problems.Add(new StoreProblem("layer", layer.ChainId.ToString(), [], what));
            }
        }
    }

    private async Task CheckLayerAsync(
        ImageRecord image, Digest parent, Digest chainId, Digest diffId, StoreMender? mender, CancellationToken cancellationToken)
    {
        _layers++;
        var what = await LookAtLayerAsync(chainId, diffId, cancellationToken).ConfigureAwait(false);
        if (what is null || store.Find(image.Id) is null)
        {
            return;
        }

        var users = store.ImagesWithLayer(chainId);
        var mended = mender is null ? null : await mender.LayerAsync(parent, chainId, diffId, users, cancellationToken).ConfigureAwait(false);
        _problems.Add(new StoreProblem("layer", chainId.ToString(), [.. users.Select(u => u.ToString())], what) { Mended = mended });
    }

    /// <summary>What is wrong with an unpacked layer, or null.</summary>
    /// <param name="diffId">What its record must say; null where nothing else tells.</param>
    private async Task<string?> LookAtLayerAsync(Digest chainId, Digest? diffId, CancellationToken cancellationToken)
    {
        try
        {
            if (store.Layers.Find(chainId) is not { } layer)
            {
                return "it is not unpacked";
            }

            await Task.Run(() => store.Layers.WriteLayerTarAsync(chainId, Stream.Null, cancellationToken), cancellationToken).ConfigureAwait(false);
            _bytes += layer.TarSize;
            return diffId is null || layer.DiffId == diffId ? null : $"its record says that it is {layer.DiffId}";
        }
        catch (Exception e) when (e is GantryException or IOException or InvalidDataException or JsonException)
        {
            return e is GantryException ? e.Message : $"its files can't be read: {e.Message}";
        }
    }
}
