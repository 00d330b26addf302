using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Snapshots;

/// <summary>
/// Unpacked layers and containers' writable layers under <c>ROOT</c>, one directory each, stacked by overlayfs. Image layers are keyed by
/// chain id and immutable; a container layer is the upper directory over one image layer.
/// </summary>
public sealed partial class LayerStore : IAsyncDisposable
{
    /// <summary>Opens the store, creating it when missing; what a crash left half unpacked or half deleted goes away in the background.</summary>
    public static LayerStore Open(string root, LayerStoreOptions? options = null) => throw GantryException.NotImplemented(root);

    /// <summary>True when the layer is unpacked.</summary>
    public bool Exists(Digest chainId) => throw GantryException.NotImplemented("exists");

    /// <summary>Null when the layer isn't there.</summary>
    public LayerInfo? Find(Digest chainId) => throw GantryException.NotImplemented("find");

    /// <summary>All unpacked image layers, in no order.</summary>
    public IEnumerable<LayerInfo> Layers() => throw GantryException.NotImplemented("layers");

    /// <summary>
    /// Unpacks an uncompressed tar as the layer <paramref name="diffId"/> on <paramref name="parentChainId"/> (default: none). Layers of one
    /// image may be applied in any order and at once, as long as each parent is there or being applied by the time this finishes. Two callers
    /// with the same layer share one unpack (the second stream is then not read). The tar's bytes can be had again from <see cref="WriteLayerTarAsync"/>.
    /// </summary>
    /// <param name="progress">Told the number of tar bytes consumed so far.</param>
    /// <exception cref="GantryException">DataCorrupt: wrong digest, malformed or hostile tar; nothing is left behind.</exception>
    public Task<LayerInfo> ApplyLayerAsync(
        Digest parentChainId, Digest diffId, Stream tar, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("apply");

    /// <summary>The same for a tar whose digest isn't known yet (import): the digest is computed and returned.</summary>
    public Task<LayerInfo> ApplyLayerAsync(Digest parentChainId, Stream tar, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("apply");

    /// <summary>Writes the layer's tar, byte for byte the one its diff id names.</summary>
    /// <exception cref="GantryException">NotFound; DataCorrupt when the directory was tampered with.</exception>
    public Task WriteLayerTarAsync(Digest chainId, Stream destination, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("tar");

    /// <summary>A read-only view of the whole file system that <paramref name="chainId"/> (default: empty) ends; needs no mount point.</summary>
    public LayerView OpenView(Digest chainId) => throw GantryException.NotImplemented("view");

    /// <summary>Removes an image layer (quick; files go in the background). False when it isn't there.</summary>
    /// <exception cref="GantryException">Conflict: a layer or container layer is stacked on it.</exception>
    public bool RemoveLayer(Digest chainId) => throw GantryException.NotImplemented("remove");

    /// <summary>Makes everything written so far survive a power cut (syncfs).</summary>
    public Task SyncAsync(CancellationToken cancellationToken = default) => throw GantryException.NotImplemented("sync");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
