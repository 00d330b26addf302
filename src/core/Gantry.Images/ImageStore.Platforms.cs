using Gantry.Errors;
using Gantry.Images.Queries;
using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>Names that stand for one image of each platform, as they come out of an index (docs/design/image-platforms.md).</summary>
public sealed partial class ImageStore
{
    /// <summary>The image of a name or id for <paramref name="platform"/>; null takes the one that the name means by itself.</summary>
    /// <exception cref="GantryException">NotFound: also when there is none for the platform.</exception>
    public ImageRecord Resolve(string nameOrId, Platform? platform)
    {
        var image = Resolve(nameOrId);
        if (platform is null || platform.Accepts(Config(image.Id).Platform))
        {
            return image;
        }

        return Beside(nameOrId, image).Find(other => platform.Accepts(Config(other.Id).Platform))
            ?? throw OtherPlatform(nameOrId, Config(image.Id).Platform, platform);
    }

    /// <summary>All images of a name: its own first.</summary>
    public IReadOnlyList<ImageRecord> Platforms(string nameOrId)
    {
        var image = Resolve(nameOrId);
        return [image, .. Beside(nameOrId, image)];
    }

    /// <summary>True when the name stands for the image, by itself or for the image's platform.</summary>
    public bool Means(ImageReference name, Digest image) =>
        Database.Read(session => _tables.FindName(session, name) == image || _platforms.Images(session, name).Contains(image));

    /// <summary>The same, for a name out of the index <paramref name="root"/>.</summary>
    internal bool HasPlatform(ImageReference name, Digest image, Digest root) => Database.Read(session =>
        _tables.FindName(session, name) == image || (_platforms.Root(session, name) == root && _platforms.Images(session, name).Contains(image)));

    /// <summary>The index that a name's images are from; null for a name of one image.</summary>
    internal Digest? IndexOf(ImageReference name) => Database.Read(session => _platforms.Root(session, name));

    /// <summary>Gives a name to the images of an index that was pushed: that is known by its digest from now on. A power cut may take it.</summary>
    internal async Task RememberIndexAsync(
        Content.ContentLease lease, ImageReference name, IReadOnlyList<ImageRecord> images, Descriptor index, CancellationToken cancellationToken)
    {
        foreach (var image in images)
        {
            await CreateAsync(
                lease, new NewImage { Config = Content.ReadAll(image.Id), Index = index, References = [name], Parent = image.Parent, MayBeLost = true, NamesCameAlong = true },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes one platform's image of a name (<c>image rm --platform</c>); the name goes on with the others.</summary>
    /// <exception cref="GantryException">NotFound; Conflict: it is in use.</exception>
    private IReadOnlyList<Api.ImageDeleteResponseItem>? RemovePlatform(string nameOrId, Platform platform, RemoveImageOptions options)
    {
        lock (_removing)
        {
            var image = Resolve(nameOrId, platform);
            if (Platforms(nameOrId).Count == 1)
            {
                return null;
            }

            CheckConflicts(image, options.Force, options.Users, ignoreNames: true);
            Database.Write(Durability.Durable, session => Leave(session, image.Id), mayUseReserve: true);
            var done = new List<Api.ImageDeleteResponseItem>();
            Delete(image, options.Force, options.PruneParents, options.Users, quiet: true, done);
            return done;
        }
    }

    /// <summary>Other platforms' images of the name; of an id: of the names whose own image it is.</summary>
    private List<ImageRecord> Beside(string nameOrId, ImageRecord image) => Database.Read(session =>
        NamesMeant(session, nameOrId, image).SelectMany(name => _platforms.Images(session, name)).Where(id => id != image.Id).Distinct()
            .Select(id => _tables.Find(session, id)).OfType<ImageRecord>().ToList());

    private List<ImageReference> NamesMeant(DatabaseSession session, string nameOrId, ImageRecord image)
    {
        if (!IsIdPrefix(image.Id, nameOrId) && ImageReference.TryParse(nameOrId, out var reference))
        {
            var name = reference.Digest.IsEmpty ? reference.WithDefaultTag() : reference.WithDigest(reference.Digest);
            if (_tables.FindName(session, name) == image.Id)
            {
                return [name];
            }
        }

        return _tables.Names(session, image.Id);
    }

    /// <summary>
    /// Points a name to an image that came out of the index <paramref name="root"/> (empty: out of none). The name's own image is this host's, where
    /// it has one, and else the last that came.
    /// </summary>
    private void Point(DatabaseSession session, ImageReference name, Digest image, Digest root)
    {
        if (root.IsEmpty)
        {
            _platforms.DeleteName(session, name);
            _tables.SetName(session, name, image);
            return;
        }

        _platforms.Add(session, name, image, root);
        var before = _tables.FindName(session, name);
        var keeps = before is { } own && own != image && _platforms.Images(session, name).Contains(own) && IsForHost(own) && !IsForHost(image);
        if (!keeps)
        {
            _tables.SetName(session, name, image);
        }
    }

    /// <summary>Takes an image from its names: each goes on with another platform's.</summary>
    private void Leave(DatabaseSession session, Digest image)
    {
        var names = _platforms.Names(session, image);
        _platforms.DeleteImage(session, image);
        foreach (var name in names.Where(name => _tables.FindName(session, name) == image))
        {
            if (_platforms.Images(session, name) is [var first, ..] others)
            {
                var host = others.Find(IsForHost);
                _tables.SetName(session, name, host.IsEmpty ? first : host);
            }
        }
    }

    private bool IsForHost(Digest image) => Platform.Host.Accepts(Config(image).Platform);

    /// <summary>Fills in what <c>manifests=1</c> asks for.</summary>
    private void SetManifests(IEnumerable<(Api.ImageSummary Summary, ImageRecord Image)> images, IReadOnlyList<ImageUser> users)
    {
        var summaries = new ManifestSummaries(this, users);
        foreach (var (summary, image) in images)
        {
            summary.Manifests = summaries.Of(image, References(image.Id).Select(IndexOf).FirstOrDefault(root => root is not null));
        }
    }
}
