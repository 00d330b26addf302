using Gantry.Content;
using Gantry.Errors;
using Gantry.IO.Compression;
using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>Layers as compressed blobs, for registries.</summary>
public sealed partial class ImageStore
{
    /// <summary>
    /// The blob of a layer for a registry: the one it came with, or, for a layer made here, a gzip blob made now, kept and remembered.
    /// Deterministic: the same layer always gives the same blob.
    /// </summary>
    /// <exception cref="GantryException">NotFound: no such layer.</exception>
    public async Task<Descriptor> EnsureLayerBlobAsync(ContentLease lease, Digest chainId, CancellationToken cancellationToken = default)
    {
        lease.Protect(chainId);
        var layer = Layers.Find(chainId) ?? throw GantryException.NotFound($"layer {chainId} does not exist");
        foreach (var known in KnownBlobs(layer.DiffId))
        {
            lease.Protect(known.Digest);
            if (Content.TryStat(known.Digest, out _))
            {
                return known;
            }
        }

        var writer = await Content.BeginIngestAsync(lease, $"gzip-{layer.DiffId.Hex}", default, cancellationToken: cancellationToken).ConfigureAwait(false)
            ?? throw GantryException.Internal("a blob of unknown digest can't be there already");
        await using (writer)
        {
            writer.Restart();
            await using (var gzip = new ParallelGzipStream(writer))
            {
                await Layers.WriteLayerTarAsync(chainId, gzip, cancellationToken).ConfigureAwait(false);
                await gzip.FinishAsync(cancellationToken).ConfigureAwait(false);
            }

            var blob = await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
            var descriptor = new Descriptor { MediaType = MediaTypes.OciLayerGzip, Digest = blob.Digest, Size = blob.Size };
            RememberBlob(layer.DiffId, descriptor);
            return descriptor;
        }
    }

    /// <summary>Blobs known to hold the layer content <paramref name="diffId"/> (in the store or seen in a registry).</summary>
    public IReadOnlyList<Descriptor> KnownBlobs(Digest diffId) => Database.Read(session => _tables.LayerBlobs(session, diffId));

    /// <summary>Repositories in their registries (<see cref="ImageReference.Name"/>) that are known to have a layer: the content may be mounted from there.</summary>
    public IReadOnlyList<string> RepositoriesWithLayer(Digest chainId) => Database.Read(session => _tables.RepositoriesWithLayer(session, chainId));

    /// <summary>Remembers that <paramref name="blob"/> unpacks to <paramref name="diffId"/>.</summary>
    public void RememberBlob(Digest diffId, Descriptor blob) =>
        Database.Write(Durability.Relaxed, session => _tables.AddLayerBlob(session, diffId, blob));
}
