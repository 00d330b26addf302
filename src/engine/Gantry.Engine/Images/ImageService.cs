using Gantry.Api;
using Gantry.Engine.Filters;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Images.Check;
using Gantry.Oci;

namespace Gantry.Engine.Images;

/// <summary>Images as clients see them: the store's operations with what containers use told to it, and events.</summary>
public sealed class ImageService
{
    private readonly EngineCore _core;

    internal ImageService(EngineCore core)
    {
        _core = core;
        core.Parts.Images.Changed += Publish;
    }

    private ImageStore Store => _core.Parts.Images;

    public IReadOnlyList<ImageSummary> List(bool all, bool sharedSize, FilterSet filters, bool manifests = false) => Store.List(new ImageListOptions
    {
        All = all,
        SharedSize = sharedSize,
        Manifests = manifests,
        Filters = CheckUntil(filters.Validate("dangling", "label", "before", "since", "until", "reference")).ToDictionary(),
    });

    /// <summary>A moment that can't be read is Docker's own failure here, not the client's.</summary>
    /// <exception cref="GantryException">Internal.</exception>
    private static FilterSet CheckUntil(FilterSet filters)
    {
        try
        {
            _ = filters["until"].Select(v => TimeFilter.Parse(v, DateTimeOffset.UtcNow)).ToList();
            return filters;
        }
        catch (GantryException e)
        {
            throw GantryException.Internal(e.Message, e);
        }
    }

    /// <exception cref="GantryException">NotFound: no such image, or for another platform than the one given.</exception>
    public ImageInspect Inspect(string name, Platform? platform = null, bool manifests = false) => Store.Inspect(name, platform, manifests ? Users() : null);

    /// <exception cref="GantryException">NotFound, as <see cref="Inspect"/>.</exception>
    public IReadOnlyList<ImageHistoryItem> History(string name, Platform? platform = null) => Store.History(name, platform);

    /// <exception cref="GantryException">NotFound: no such image, or for another platform than the one given.</exception>
    public void Require(string name, Platform? platform) => Store.Resolve(name, platform);

    /// <exception cref="GantryException">InvalidArgument: not a name; NotFound: no such image.</exception>
    public void Tag(string name, string repository, string tag)
    {
        var target = ImageReference.Parse(repository);
        if (!target.Digest.IsEmpty)
        {
            throw GantryException.InvalidArgument("cannot import digest reference");
        }

        Store.Tag(name, tag.Length > 0 ? target.WithTag(tag) : target.WithDefaultTag());
    }

    public Task<IReadOnlyList<ImageDeleteResponseItem>> RemoveAsync(string name, bool force, bool pruneParents, Platform? platform = null)
    {
        var options = new RemoveImageOptions { Force = force, Platform = platform, PruneParents = pruneParents, Users = AllUsers() };
        return _core.Metrics.Images.MeasureAsync("delete", () => Store.RemoveAsync(name, options, CancellationToken.None));
    }

    public Task<ImagePruneResponse> PruneAsync(FilterSet filters, CancellationToken cancellationToken) =>
        Store.PruneAsync(CheckUntil(filters.Validate("dangling", "label", "label!", "until")).ToDictionary(), AllUsers(), cancellationToken);

    public Task<IReadOnlyList<LoadedImage>> LoadAsync(Stream archive, Platform? platform, IProgress<LoadProgress>? progress, CancellationToken cancellationToken) =>
        Store.LoadAsync(archive, platform, progress, cancellationToken);

    /// <summary>Checks that all names are there, for <paramref name="platform"/> where one is wanted, before the first byte goes out.</summary>
    /// <exception cref="GantryException">NotFound: no such image; Internal, as Docker has it: for another platform.</exception>
    public void CheckSave(IReadOnlyList<string> names, Platform? platform) => Store.CheckSave(names, platform);

    public Task SaveAsync(IReadOnlyList<string> names, Platform? platform, Stream destination, CancellationToken cancellationToken) =>
        Store.SaveAsync(names, platform, destination, cancellationToken);

    public Task<ImageRecord> ImportAsync(Stream tar, ImportOptions options, CancellationToken cancellationToken) =>
        Store.ImportAsync(tar, options, cancellationToken);

    /// <summary>The configuration that <c>--change</c> instructions make; null for none.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public ImageRunConfig? ConfigFromChanges(IReadOnlyList<string> changes) =>
        changes.Count == 0 ? null : ImageChanges.Apply(new ImageRunConfig(), changes.SelectMany(c => c.Split('\n')).ToList());

    /// <summary>Reads the whole image store and compares it with its digests; with <paramref name="repair"/> mends what can be.</summary>
    public Task<StoreReport> CheckAsync(bool repair, CancellationToken cancellationToken)
    {
        var mounted = AllUsers().Where(u => u.Running && Store.Find(u.ImageId) is not null).SelectMany(u => ChainId.Of(Store.Config(u.ImageId).RootFs.DiffIds)).ToHashSet();
        return new StoreCheck(Store, _core.Parts.Registry).RunAsync(repair, mounted, cancellationToken);
    }

    /// <summary>Images with what they share and who uses them.</summary>
    internal ImageDiskUsage DiskUsage() => Store.DiskUsage(Users());

    /// <summary>Every container's use of an image.</summary>
    internal IReadOnlyList<ImageUser> Users() => _core.Containers.All().Select(c => c.Record)
        .Where(r => Digest.TryParse(r.ImageId, out _))
        .Select(r => new ImageUser(r.Id, Digest.Parse(r.ImageId), r.Config.Image ?? string.Empty, r.State.IsActive))
        .ToList();

    /// <summary>The uses as containers' own images, and as images mounted in them.</summary>
    private IReadOnlyList<ImageUser> AllUsers() =>
    [
        .. Users(),
        .. from record in _core.Containers.All().Select(c => c.Record)
           from mount in record.Mounts
           where mount.Type == "image"
           select new ImageUser(record.Id, Digest.Parse(mount.ImageId), mount.Name, record.State.IsActive),
    ];

    /// <summary>An image that is still there lends its labels to its events.</summary>
    private void Publish(ImageEvent change)
    {
        var labels = Digest.TryParse(change.Id, out var id) && Store.Find(id) is not null ? Store.Config(id).Config?.Labels : null;
        _core.Events.Publish("image", change.Action, change.Id, new SortedDictionary<string, string>(
            labels?.ToDictionary() ?? [], StringComparer.Ordinal) { ["name"] = change.Name });
    }
}
