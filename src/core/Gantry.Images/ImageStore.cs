using Gantry.Api;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Images;

/// <summary>
/// Images by id (sha256 of the config), their names, and the ways in and out: create, import, load, save. Configs and manifests are kept as
/// the bytes they came in. A change that a user is told of is on disk before its method returns.
/// </summary>
public sealed partial class ImageStore
{
    public ImageStore(Database database, ContentStore content, LayerStore layers)
    {
        Database = database;
        Content = content;
        Layers = layers;
    }

    public ContentStore Content { get; }

    public LayerStore Layers { get; }

    internal Database Database { get; }

    /// <summary>Raised after the change is committed, on the thread that made it.</summary>
    public event Action<ImageEvent>? Changed;

    /// <summary>Finds an image by name, id, <c>sha256:id</c> or unique id prefix; null when there is none.</summary>
    public ImageRecord? Find(string nameOrId) => throw GantryException.NotImplemented(nameOrId);

    /// <exception cref="GantryException">NotFound <c>No such image: name:tag</c>.</exception>
    public ImageRecord Resolve(string nameOrId) => throw GantryException.NotImplemented(nameOrId);

    public ImageRecord? Find(Digest id) => throw GantryException.NotImplemented(id.ToString());

    /// <summary>The image's parsed config.</summary>
    public ImageConfig Config(Digest id) => throw GantryException.NotImplemented(id.ToString());

    /// <summary>Names of the image: those with a tag and those with a digest.</summary>
    public IReadOnlyList<ImageReference> References(Digest id) => throw GantryException.NotImplemented(id.ToString());

    /// <summary>The image a name with tag or digest points to.</summary>
    public Digest? FindReference(ImageReference reference) => throw GantryException.NotImplemented(reference.ToString());

    /// <summary>All images that were built on this one here.</summary>
    public IReadOnlyList<ImageRecord> Children(Digest id) => throw GantryException.NotImplemented(id.ToString());

    /// <summary>Newest first, as <c>GET /images/json</c> answers.</summary>
    public IReadOnlyList<ImageSummary> List(ImageListOptions options) => throw GantryException.NotImplemented("list");

    /// <summary><c>GET /images/NAME/json</c>.</summary>
    public ImageInspect Inspect(string nameOrId) => throw GantryException.NotImplemented(nameOrId);

    /// <summary><c>GET /images/NAME/history</c>.</summary>
    public IReadOnlyList<ImageHistoryItem> History(string nameOrId) => throw GantryException.NotImplemented(nameOrId);

    /// <summary>Points <paramref name="target"/> (with a tag) to the image.</summary>
    public void Tag(string nameOrId, ImageReference target) => throw GantryException.NotImplemented(nameOrId);

    /// <summary><c>DELETE /images/NAME</c>.</summary>
    public Task<IReadOnlyList<ImageDeleteResponseItem>> RemoveAsync(string nameOrId, RemoveImageOptions options, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented(nameOrId);

    /// <summary><c>POST /images/prune</c> with Docker's filters: dangling (default true), until, label, label!.</summary>
    public Task<ImagePruneResponse> PruneAsync(
        IReadOnlyDictionary<string, IReadOnlyList<string>> filters, IReadOnlyList<ImageUser> users, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("prune");

    /// <summary>
    /// Records an image whose config, layers (unpacked) and blobs are under <paramref name="lease"/>, with its names, in one durable transaction.
    /// An image that exists already keeps its record and gets the names.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument: not an image config; NotFound: a layer isn't unpacked.</exception>
    public Task<ImageRecord> CreateAsync(ContentLease lease, NewImage image, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("create");

    /// <summary>
    /// The blob of a layer for a registry: the one it came with, or, for a layer made here, a gzip blob made now, kept and remembered.
    /// Deterministic: the same layer always gives the same blob.
    /// </summary>
    public Task<Descriptor> EnsureLayerBlobAsync(ContentLease lease, Digest chainId, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("blob");

    /// <summary>Blobs known to hold the layer content <paramref name="diffId"/> (in the store or seen in a registry).</summary>
    public IReadOnlyList<Descriptor> KnownBlobs(Digest diffId) => throw GantryException.NotImplemented("blobs");

    /// <summary>Remembers that <paramref name="blob"/> unpacks to <paramref name="diffId"/>.</summary>
    public void RememberBlob(Digest diffId, Descriptor blob) => throw GantryException.NotImplemented("blobs");

    /// <summary>Sizes for <c>GET /system/df</c>.</summary>
    public ImageDiskUsage DiskUsage(IReadOnlyList<ImageUser> users) => throw GantryException.NotImplemented("df");

    /// <summary>
    /// Removes blobs and layers that no image, container layer, lease or <paramref name="roots"/> (build cache) names. Safe beside running
    /// pulls, loads and builds. Returns the bytes freed.
    /// </summary>
    public Task<long> CollectGarbageAsync(IEnumerable<Digest> roots, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("gc");

    private void Raise(ImageEvent change) => Changed?.Invoke(change);
}
