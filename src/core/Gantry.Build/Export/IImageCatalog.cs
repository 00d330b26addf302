using Gantry.Content;
using Gantry.Images;
using Gantry.Oci;

namespace Gantry.Build.Export;

/// <summary>What the builder needs of the image store.</summary>
internal interface IImageCatalog
{
    /// <summary>The image a name or id means, or null.</summary>
    Digest? Find(string nameOrId);

    ImageConfig Config(Digest id);

    Task CreateAsync(ContentLease lease, NewImage image, CancellationToken cancellationToken);

    void Tag(Digest id, ImageReference name);

    /// <summary>Chain ids of all layers that images have.</summary>
    IReadOnlySet<Digest> Layers();

    Task<long> CollectGarbageAsync(IEnumerable<Digest> roots, CancellationToken cancellationToken);
}

/// <summary>The image store as it is.</summary>
internal sealed class ImageCatalog(ImageStore images) : IImageCatalog
{
    public Digest? Find(string nameOrId) => images.Find(nameOrId)?.Id;

    public ImageConfig Config(Digest id) => images.Config(id);

    public Task CreateAsync(ContentLease lease, NewImage image, CancellationToken cancellationToken) => images.CreateAsync(lease, image, cancellationToken);

    public void Tag(Digest id, ImageReference name) => images.Tag(id.ToString(), name);

    public IReadOnlySet<Digest> Layers()
    {
        var layers = new HashSet<Digest>();
        foreach (var image in images.List(new ImageListOptions { All = true }))
        {
            layers.UnionWith(ChainId.Of(images.Config(Digest.Parse(image.Id)).RootFs.DiffIds));
        }

        return layers;
    }

    public Task<long> CollectGarbageAsync(IEnumerable<Digest> roots, CancellationToken cancellationToken) => images.CollectGarbageAsync(roots, cancellationToken);
}
