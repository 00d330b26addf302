using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Oci;

namespace Gantry.Snapshots;

public sealed partial class LayerStore
{
    /// <summary>Writes the layer's tar, byte for byte the one its diff id names; checked on the way, so a failure comes after the last byte at the latest.</summary>
    /// <exception cref="GantryException">NotFound; DataCorrupt when the directory was tampered with.</exception>
    public async Task WriteLayerTarAsync(Digest chainId, Stream destination, CancellationToken cancellationToken = default)
    {
        var info = Find(chainId) ?? throw GantryException.NotFound($"layer {chainId} does not exist");
        using var reader = new TarSplitReader(LayerPath(chainId));
        var hashing = new HashingWriteStream(destination);
        await using var close = hashing.ConfigureAwait(false);
        await reader.CopyToAsync(hashing, cancellationToken).ConfigureAwait(false);
        if (Digest.FromSha256(hashing.Finish()) != info.DiffId)
        {
            throw GantryException.DataCorrupt($"the layer {chainId} was changed on disk: its tar is no longer {info.DiffId}");
        }
    }
}
