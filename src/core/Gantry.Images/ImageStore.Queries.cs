using Gantry.Api;
using Gantry.Errors;
using Gantry.Images.Queries;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>What the Engine API shows of images.</summary>
public sealed partial class ImageStore
{
    /// <summary>Newest first, as <c>GET /images/json</c> answers.</summary>
    /// <exception cref="GantryException">InvalidArgument: a filter is unknown or malformed; NotFound: before or since name no image.</exception>
    public IReadOnlyList<ImageSummary> List(ImageListOptions options)
    {
        var filters = new ImageFilters(options.Filters, ImageFilters.ListNames);
        var before = filters.Values("before").Select(n => Resolve(n).Created).LastOrDefault();
        var since = filters.Values("since").Select(n => Resolve(n).Created).LastOrDefault();
        var (images, names, platforms) = Database.Read(session => (_tables.All(session), _tables.AllNames(session), _platforms.All(session)));
        var beside = platforms.Select(row => row.Image).ToHashSet();
        var parents = images.Select(i => i.Parent).ToHashSet();
        var shown = new List<ImageSummary>();
        var records = new List<ImageRecord>();
        foreach (var image in images.OrderByDescending(i => i.Created).ThenBy(i => i.Id.ToString(), StringComparer.Ordinal))
        {
            var nameless = !names[image.Id].Any();
            if (nameless && beside.Contains(image.Id))
            {
                // Another platform's, which its name shows.
                continue;
            }

            // An image with digests and no tags is on both sides of this filter, as it is with Docker.
            if ((filters.Dangling is { } wanted && (wanted ? names[image.Id].Any(n => n.Tag is not null) : nameless))
                || (nameless && !options.All && parents.Contains(image.Id))
                || (before is not null && !(image.Created < before))
                || (since is not null && !(image.Created > since))
                || (filters.Until is { } until && image.Created >= until))
            {
                continue;
            }

            var selected = filters.HasReferences ? [.. names[image.Id].Where(filters.AcceptsName)] : names[image.Id].ToList();
            if (filters.HasReferences && selected.Count == 0)
            {
                continue;
            }

            var config = Config(image.Id);
            if (filters.AcceptsLabels(config.Config?.Labels))
            {
                var summary = ImageDescriptions.Summary(image, selected, config);
                summary.Containers = options.Users?.Count(u => u.ImageId == image.Id) ?? -1;
                shown.Add(summary);
                records.Add(image);
            }
        }

        if (options.Manifests)
        {
            SetManifests(shown.Zip(records), options.Users ?? []);
        }

        if (options.SharedSize)
        {
            SetSharedSizes(shown);
        }

        return shown;
    }

    /// <summary><c>GET /images/NAME/json</c>.</summary>
    /// <param name="platform">Which of the name's images; null for its own.</param>
    /// <param name="users">Who uses images, for <c>manifests=1</c>; null leaves the manifests out.</param>
    /// <exception cref="Errors.GantryException">NotFound: also when there is none for the platform.</exception>
    public ImageInspect Inspect(string nameOrId, Platform? platform = null, IReadOnlyList<ImageUser>? users = null)
    {
        var (named, image) = (Resolve(nameOrId), Resolve(nameOrId, platform));
        var inspect = ImageDescriptions.Inspect(image, References(named.Id), Config(image.Id));
        if (users is not null)
        {
            inspect.Manifests = new ManifestSummaries(this, users).Of(image, References(image.Id).Select(IndexOf).FirstOrDefault(root => root is not null));
        }

        return inspect;
    }

    /// <summary><c>GET /images/NAME/history</c>.</summary>
    /// <exception cref="Errors.GantryException">NotFound: also when there is none for the platform.</exception>
    public IReadOnlyList<ImageHistoryItem> History(string nameOrId, Platform? platform = null)
    {
        var image = Resolve(nameOrId, platform);
        var config = Config(image.Id);
        var chain = ChainId.Of(config.RootFs.DiffIds);
        var items = new List<ImageHistoryItem>();
        var layer = 0;
        foreach (var entry in config.History ?? [])
        {
            var size = 0L;
            if (entry.EmptyLayer != true && layer < chain.Count)
            {
                size = Layers.Find(chain[layer++])?.Size ?? 0;
            }

            items.Add(new ImageHistoryItem
            {
                Id = "<missing>",
                Created = GoTime.TryParse(entry.Created, out var created) ? created.ToUnixTimeSeconds() : 0,
                CreatedBy = entry.CreatedBy ?? string.Empty,
                Comment = entry.Comment ?? string.Empty,
                Size = size,
            });
        }

        items.Reverse();
        Name(items, image);
        return items;
    }

    /// <summary>Sizes for <c>GET /system/df</c>.</summary>
    public ImageDiskUsage DiskUsage(IReadOnlyList<ImageUser> users)
    {
        var images = List(new ImageListOptions { SharedSize = true, Users = users });
        var layers = Database.Read(_tables.UsedLayers);
        return new ImageDiskUsage(layers.Sum(l => Layers.Find(l)?.Size ?? 0), images);
    }

    /// <summary>The newest entries are this image and the ones it was built on here.</summary>
    private void Name(List<ImageHistoryItem> items, ImageRecord image)
    {
        ImageRecord? current = image;
        foreach (var item in items)
        {
            if (current is null)
            {
                return;
            }

            item.Id = current.Id.ToString();
            var tags = References(current.Id).Where(n => n.Tag is not null).Select(n => n.Familiar).ToList();
            item.Tags = tags.Count == 0 ? null : tags;
            current = current.Parent.IsEmpty ? null : Find(current.Parent);
        }
    }

    /// <summary>Bytes of an image's layers that another listed image has too.</summary>
    private void SetSharedSizes(List<ImageSummary> images)
    {
        var chains = images.Select(i => Database.Read(session => _tables.Chain(session, Digest.Parse(i.Id!)))).ToList();
        var uses = chains.SelectMany(c => c).CountBy(c => c).ToDictionary();
        for (var i = 0; i < images.Count; i++)
        {
            images[i].SharedSize = chains[i].Where(c => uses[c] > 1).Sum(c => Layers.Find(c)?.Size ?? 0);
        }
    }
}
