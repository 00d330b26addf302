using Gantry.Api;
using Gantry.Errors;
using Gantry.Images.Queries;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Images;

/// <summary>Removing names, images and what they leave behind. The rules and texts are Docker's.</summary>
public sealed partial class ImageStore
{
    private readonly Lock _removing = new();

    /// <summary><c>DELETE /images/NAME</c>.</summary>
    /// <exception cref="GantryException">NotFound; Conflict in Docker's words, nothing was changed then.</exception>
    public Task<IReadOnlyList<ImageDeleteResponseItem>> RemoveAsync(string nameOrId, RemoveImageOptions options, CancellationToken cancellationToken = default) =>
        Task.Run(() => (options.Platform is { } platform ? RemovePlatform(nameOrId, platform, options) : null) ?? Remove(nameOrId, options), cancellationToken);

    /// <summary>
    /// <c>POST /images/prune</c> with Docker's filters: dangling (default true; images without tags), until, label, label!. Also gives back what pulls that failed have
    /// left for the next attempt.
    /// </summary>
    public async Task<ImagePruneResponse> PruneAsync(
        IReadOnlyDictionary<string, IReadOnlyList<string>> filters, IReadOnlyList<ImageUser> users, CancellationToken cancellationToken = default)
    {
        var wanted = new ImageFilters(filters, ImageFilters.PruneNames);
        var onlyDangling = wanted.Dangling ?? true;
        var used = users.Select(u => u.ImageId).ToHashSet();
        var before = Database.Read(_tables.UsedLayers).Sum(l => Layers.Find(l)?.Size ?? 0);
        var deleted = new List<ImageDeleteResponseItem>();
        foreach (var summary in List(new ImageListOptions()))
        {
            var id = Digest.Parse(summary.Id);
            var nameless = summary.RepoTags!.Count == 0 && summary.RepoDigests!.Count == 0;
            if ((nameless && used.Contains(id)) || (onlyDangling && summary.RepoTags.Count > 0) || !wanted.AcceptsLabels(summary.Labels)
                || (wanted.Until is { } until && DateTimeOffset.FromUnixTimeSeconds(summary.Created ?? 0) >= until))
            {
                continue;
            }

            // In the order of their names, so that an image in use keeps the last of them.
            foreach (var name in nameless ? [summary.Id!] : summary.RepoTags.Concat(summary.RepoDigests!).Order(StringComparer.Ordinal).ToList())
            {
                deleted.AddRange(await PruneOneAsync(name, users, cancellationToken).ConfigureAwait(false));
            }
        }

        var after = Database.Read(_tables.UsedLayers).Sum(l => Layers.Find(l)?.Size ?? 0);
        var left = await CollectGarbageAsync([], cancellationToken).ConfigureAwait(false) + Content.RemoveStaleIngests(DateTimeOffset.UtcNow);
        return new ImagePruneResponse { ImagesDeleted = deleted.Count == 0 ? null : deleted, SpaceReclaimed = Math.Max(0, before - after) + left };
    }

    /// <summary>Removes a name, or an image by its id; nothing where it is gone already or what it names is in use.</summary>
    private async Task<IReadOnlyList<ImageDeleteResponseItem>> PruneOneAsync(string name, IReadOnlyList<ImageUser> users, CancellationToken cancellationToken)
    {
        try
        {
            return Find(name) is null ? [] : await RemoveAsync(name, new RemoveImageOptions { Users = users }, cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.Conflict)
        {
            return [];
        }
    }

    /// <summary>
    /// Removes blobs and layers that no image, container layer, lease or <paramref name="roots"/> (build cache) names. Safe beside running
    /// pulls, loads and builds. Returns the bytes freed.
    /// </summary>
    public Task<long> CollectGarbageAsync(IEnumerable<Digest> roots, CancellationToken cancellationToken = default) => Task.Run(
        () =>
        {
            using var collection = Content.Collect();
            var (layers, blobs) = Used();
            foreach (var root in roots.Concat(OtherRoots()))
            {
                layers.Add(root);
                blobs.Add(root);
            }

            var freed = 0L;
            foreach (var blob in Content.Enumerate().Where(b => !blobs.Contains(b.Digest)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                freed += collection.TryDelete(blob.Digest, () => Content.Delete(blob.Digest)) ? blob.Size : 0;
            }

            return freed + CollectLayers(collection, layers, cancellationToken);
        },
        cancellationToken);

    private IReadOnlyList<ImageDeleteResponseItem> Remove(string nameOrId, RemoveImageOptions options)
    {
        lock (_removing)
        {
            var image = Resolve(nameOrId);
            var done = new List<ImageDeleteResponseItem>();
            var byId = IsIdPrefix(image.Id, nameOrId);
            var beside = Beside(nameOrId, image);
            if (byId)
            {
                UntagAll(image, options, done);
            }

            if (byId || !UntagOne(image, nameOrId, options, done))
            {
                Delete(image, options.Force, options.PruneParents, options.Users, quiet: !byId, done);
            }

            // Other platforms' images that had no other name. Those in use stay, without one.
            foreach (var other in beside.Where(other => References(other.Id).Count == 0 && Database.Read(session => _platforms.Names(session, other.Id)).Count == 0))
            {
                Delete(other, force: false, options.PruneParents, options.Users, quiet: true, done);
            }

            return done;
        }
    }

    /// <summary>Removes those of the blobs that no image and nobody's lease needs: what an archive brought and images now have unpacked.</summary>
    private void DiscardUnused(IEnumerable<Digest> blobs)
    {
        using var collection = Content.Collect();
        var (_, used) = Used();
        var extra = OtherRoots().ToHashSet();
        foreach (var blob in blobs.Where(b => !used.Contains(b) && !extra.Contains(b)))
        {
            collection.TryDelete(blob, () => Content.Delete(blob));
        }
    }

    /// <summary>From the top down: a layer under another one can't go first.</summary>
    private long CollectLayers(Content.ContentCollection collection, HashSet<Digest> used, CancellationToken cancellationToken)
    {
        var freed = 0L;
        for (var progress = true; progress;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress = false;
            foreach (var layer in Layers.Layers().Where(l => !used.Contains(l.ChainId)).ToList())
            {
                if (collection.TryDelete(layer.ChainId, () => TryRemoveLayer(layer.ChainId)))
                {
                    progress = true;
                    freed += layer.Size;
                }
            }
        }

        return freed;
    }

    /// <summary>
    /// The layers of all images, and the blobs of all images: what they came with, and what a push made of their layers, which the next one sends again.
    /// </summary>
    private (HashSet<Digest> Layers, HashSet<Digest> Blobs) Used()
    {
        var (layers, blobs, ofLayers) = Database.Read(session => (_tables.UsedLayers(session), _tables.UsedBlobs(session), _tables.AllLayerBlobs(session)));
        blobs.UnionWith(layers.Select(Layers.Find).OfType<LayerInfo>().SelectMany(layer => ofLayers[layer.DiffId]));
        return (layers, blobs);
    }

    private bool TryRemoveLayer(Digest chainId)
    {
        try
        {
            return Layers.RemoveLayer(chainId);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.Conflict)
        {
            // A container or another layer stands on it.
            return false;
        }
    }

    private static bool IsIdPrefix(Digest id, string text) =>
        id.ToString().StartsWith(text, StringComparison.Ordinal) || id.Hex.StartsWith(text, StringComparison.Ordinal);

    /// <summary>Removes the one name. True when that is all there is to do: the image has other names.</summary>
    private bool UntagOne(ImageRecord image, string text, RemoveImageOptions options, List<ImageDeleteResponseItem> done)
    {
        var parsed = ImageReference.Parse(text);
        var name = parsed.Digest.IsEmpty ? parsed.WithDefaultTag() : parsed.WithDigest(parsed.Digest);
        var names = References(image.Id);
        if (!options.Force && IsSingle(names) && options.Users.FirstOrDefault(u => u.ImageId == image.Id) is { } user)
        {
            throw GantryException.Conflict($"conflict: unable to remove repository reference \"{text}\" (must force) - container {user.ContainerId[..12]} "
                + $"is using its referenced image {image.Id.Short}");
        }

        Untag(image, name, done);
        var left = names.Where(n => n != name).ToList();
        if (name.Tag is not null && !left.Any(n => n.Tag is not null && n.Name == name.Name))
        {
            // Digests that came with the last tag of a repository go with it.
            foreach (var digest in left.Where(n => n.Name == name.Name).ToList())
            {
                Untag(image, digest, done);
                left.Remove(digest);
            }
        }

        return left.Count > 0;
    }

    /// <summary>Given by id: all names go when they are of one repository.</summary>
    private void UntagAll(ImageRecord image, RemoveImageOptions options, List<ImageDeleteResponseItem> done)
    {
        var names = References(image.Id);
        CheckConflicts(image, options.Force, options.Users, ignoreNames: IsSingle(names));
        foreach (var name in IsSingle(names) || options.Force ? names : [])
        {
            Untag(image, name, done);
        }
    }

    /// <summary>At most one tag, and all names in one repository.</summary>
    private static bool IsSingle(IReadOnlyList<ImageReference> names) =>
        names.Count(n => n.Tag is not null) <= 1 && names.Select(n => n.Name).Distinct().Count() <= 1;

    private void Untag(ImageRecord image, ImageReference name, List<ImageDeleteResponseItem> done)
    {
        Database.Write(
            Durability.Durable,
            session =>
            {
                _tables.DeleteName(session, name);
                _platforms.DeleteName(session, name);
            },
            mayUseReserve: true);
        done.Add(new ImageDeleteResponseItem { Untagged = name.Familiar });
        Raise(new ImageEvent("untag", image.Id.ToString(), image.Id.ToString(), DateTimeOffset.UtcNow));
    }

    private void CheckConflicts(ImageRecord image, bool force, IReadOnlyList<ImageUser> users, bool ignoreNames)
    {
        var mine = users.Where(u => u.ImageId == image.Id).ToList();
        var problem = Children(image.Id).Count > 0 ? ("cannot be forced", "image has dependent child images")
            : mine.FirstOrDefault(u => u.Running) is { } running ? ("cannot be forced", $"image is being used by running container {running.ContainerId[..12]}")
            : force ? default
            : !ignoreNames && References(image.Id).Count > 1 ? ("must be forced", "image is referenced in multiple repositories")
            : mine.Count > 0 ? ("must be forced", $"image is being used by stopped container {mine[0].ContainerId[..12]}")
            : default;
        if (problem != default)
        {
            throw GantryException.Conflict($"conflict: unable to delete {image.Id.Short} ({problem.Item1}) - {problem.Item2}");
        }
    }

    private void Delete(ImageRecord image, bool force, bool pruneParents, IReadOnlyList<ImageUser> users, bool quiet, List<ImageDeleteResponseItem> done)
    {
        try
        {
            CheckConflicts(image, force, users, ignoreNames: false);
        }
        catch (GantryException e) when (quiet && e.Kind == ErrorKind.Conflict)
        {
            // The name is gone; the image stays for whoever needs it.
            return;
        }

        // Looked up before the record goes: from then on another collection may take the blobs, the config among them.
        var chain = Database.Read(session => _tables.Chain(session, image.Id));
        var blobs = chain.Select(Layers.Find).OfType<LayerInfo>().SelectMany(layer => KnownBlobs(layer.DiffId)).Select(b => b.Digest)
            .Concat(NeededBlobs(image.Id)).Append(image.Manifest).ToList();
        Database.Write(
            Durability.Durable,
            session =>
            {
                Leave(session, image.Id);
                _tables.Delete(session, image.Id);
            },
            mayUseReserve: true);
        done.Add(new ImageDeleteResponseItem { Deleted = image.Id.ToString() });
        Raise(new ImageEvent("delete", image.Id.ToString(), image.Id.ToString(), DateTimeOffset.UtcNow));
        done.AddRange(Sweep(blobs, chain).Select(c => new ImageDeleteResponseItem { Deleted = c.ToString() }));
        if (pruneParents && !image.Parent.IsEmpty && Find(image.Parent) is { } parent && References(parent.Id).Count == 0)
        {
            Delete(parent, force: false, pruneParents: true, users, quiet: true, done);
        }
    }

    /// <summary>Removes what the image alone had: its config and manifest, its blobs, and layers from the top down. Returns the layers.</summary>
    private List<Digest> Sweep(List<Digest> mine, List<Digest> chain)
    {
        using var collection = Content.Collect();
        var extra = OtherRoots().ToHashSet();
        var (layers, blobs) = Used();
        foreach (var blob in mine.Where(b => !b.IsEmpty && !blobs.Contains(b) && !extra.Contains(b)).Distinct().ToList())
        {
            collection.TryDelete(blob, () => Content.Delete(blob));
        }

        var removed = new List<Digest>();
        foreach (var layer in chain.AsEnumerable().Reverse())
        {
            if (layers.Contains(layer) || extra.Contains(layer) || !collection.TryDelete(layer, () => TryRemoveLayer(layer)))
            {
                break;
            }

            removed.Add(layer);
        }

        return removed;
    }
}
