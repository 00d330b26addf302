using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Transfer;
using Gantry.IO.Compression;
using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>Layers as compressed blobs, for registries.</summary>
public sealed partial class ImageStore
{
    private static readonly LayerCompression s_unasked = new(CompressionKind.Gzip, null);

    /// <summary>
    /// The blob of a layer for a registry: the one it came with, or, for a layer made here, a gzip blob made now; or one in the form that is
    /// wanted. What is made is kept and remembered. Deterministic: the same layer always gives the same blob.
    /// </summary>
    /// <param name="wanted">Null where whoever pushes has no wish.</param>
    /// <exception cref="GantryException">NotFound: no such layer.</exception>
    public async Task<Descriptor> EnsureLayerBlobAsync(ContentLease lease, Digest chainId, LayerCompression? wanted = null, CancellationToken cancellationToken = default)
    {
        lease.Protect(chainId);
        var layer = Layers.Find(chainId) ?? throw GantryException.NotFound($"layer {chainId} does not exist");
        foreach (var known in Database.Read(session => BlobsFor(session, layer.DiffId, wanted)))
        {
            lease.Protect(known.Digest);
            if (Content.TryStat(known.Digest, out _))
            {
                return known;
            }
        }

        var form = wanted ?? s_unasked;
        var writer = await Content.BeginIngestAsync(lease, $"{form.Name}-{layer.DiffId.Hex}", default, cancellationToken: cancellationToken).ConfigureAwait(false)
            ?? throw GantryException.Internal("a blob of unknown digest can't be there already");
        await using (writer)
        {
            writer.Restart();
            await form.WriteAsync(writer, stream => Layers.WriteLayerTarAsync(chainId, stream, cancellationToken), cancellationToken).ConfigureAwait(false);
            var blob = await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
            var descriptor = new Descriptor { MediaType = form.MediaType, Digest = blob.Digest, Size = blob.Size };
            Database.Write(Durability.Relaxed, session => Remember(session, layer.DiffId, wanted, descriptor));
            return descriptor;
        }
    }

    private List<Descriptor> BlobsFor(DatabaseSession session, Digest diffId, LayerCompression? wanted) =>
        wanted is null ? _tables.OwnLayerBlobs(session, diffId)
        : [.. _tables.LayerBlobs(session, diffId, wanted.Name), .. wanted.Level is null ? _tables.OwnLayerBlobs(session, diffId).Where(wanted.IsFormOf) : []];

    private void Remember(DatabaseSession session, Digest diffId, LayerCompression? wanted, Descriptor blob)
    {
        if (wanted is null)
        {
            _tables.AddLayerBlob(session, diffId, blob);
        }
        else
        {
            _tables.SetLayerBlob(session, diffId, wanted.Name, blob);
        }
    }

    /// <summary>Blobs known to hold the layer content <paramref name="diffId"/> (in the store or seen in a registry).</summary>
    public IReadOnlyList<Descriptor> KnownBlobs(Digest diffId) => Database.Read(session => _tables.LayerBlobs(session, diffId));

    /// <summary>Repositories in their registries (<see cref="ImageReference.Name"/>) that are known to have a layer: the content may be mounted from there.</summary>
    public IReadOnlyList<string> RepositoriesWithLayer(Digest chainId) => Database.Read(session => _tables.RepositoriesWithLayer(session, chainId));
}
