using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Snapshots;

public sealed partial class LayerStore
{
    /// <summary>Makes an empty writable layer over <paramref name="parentChainId"/> (default: an empty root). No fsync.</summary>
    /// <param name="id">1 to 128 characters of [a-zA-Z0-9_.-].</param>
    /// <exception cref="GantryException">NotFound: the parent isn't there; Conflict: the id is taken.</exception>
    public ContainerLayer CreateContainerLayer(string id, Digest parentChainId, ContainerLayerOptions? options = null) =>
        throw GantryException.NotImplemented(id);

    /// <summary>Null when there is no such container layer.</summary>
    public ContainerLayer? FindContainerLayer(string id) => throw GantryException.NotImplemented(id);

    public IReadOnlyList<ContainerLayer> ContainerLayers() => throw GantryException.NotImplemented("list");

    /// <summary>Mounts the container's root file system at the existing directory <paramref name="target"/>. Mounted there already: nothing to do.</summary>
    public void Mount(string id, string target) => throw GantryException.NotImplemented(id);

    /// <summary>Detaches the mount at <paramref name="target"/>; the kernel's teardown (which syncs) runs in the background. Not mounted: nothing to do.</summary>
    public void Unmount(string id, string target) => throw GantryException.NotImplemented(id);

    /// <summary>Removes the container layer; must be unmounted. Quick: files go in the background. False when it isn't there.</summary>
    public bool RemoveContainerLayer(string id) => throw GantryException.NotImplemented(id);

    /// <summary>What changed against the image, as <c>docker diff</c> lists it.</summary>
    public IReadOnlyList<FileChange> Changes(string id, CancellationToken cancellationToken = default) => throw GantryException.NotImplemented(id);

    /// <summary>Writes the changes as a layer tar with OCI whiteouts; the same directory always gives the same bytes.</summary>
    public Task WriteDiffTarAsync(string id, Stream destination, CancellationToken cancellationToken = default) => throw GantryException.NotImplemented(id);

    /// <summary>
    /// Turns the container layer into an image layer. <see cref="CommitMode.Move"/> renames the (unmounted) upper directory and the
    /// container layer is gone; <see cref="CommitMode.Copy"/> leaves it (pause the container first).
    /// </summary>
    public Task<LayerInfo> CommitAsync(string id, CommitMode mode, CancellationToken cancellationToken = default) => throw GantryException.NotImplemented(id);

    /// <summary>Bytes and inodes of the writable layer.</summary>
    public LayerUsage Usage(string id, CancellationToken cancellationToken = default) => throw GantryException.NotImplemented(id);
}
