using Gantry.Oci;

namespace Gantry.Build;

public sealed partial class BuildService
{
    /// <summary>Layers that the garbage collector must keep for the cache.</summary>
    public IReadOnlyList<Digest> CacheRoots() => _parts.Cache.All().Select(r => r.ChainId).Where(c => !c.IsEmpty).Distinct().ToList();

    /// <summary>All records of the cache, those used last first, for <c>GET /system/df</c>.</summary>
    public IReadOnlyList<CacheRecord> DiskUsage()
    {
        var records = _parts.Cache.All();
        var byChain = records.Where(r => r.Type == CacheRecordType.Regular).GroupBy(r => r.ChainId.ToString()).ToDictionary(g => g.Key, g => g.First().Id);
        var ofImages = _parts.Images.Layers();
        return records.Concat(_parts.Mounts.All()).OrderByDescending(r => r.LastUsed).Select(r => r with
        {
            Parents = r.Parents.Select(p => byChain.GetValueOrDefault(p)).OfType<string>().Where(p => p != r.Id).ToList(),
            Shared = !r.ChainId.IsEmpty && ofImages.Contains(r.ChainId),
        }).ToList();
    }

    /// <summary><c>POST /build/prune</c>: forgets records and frees what nothing else needs.</summary>
    public Task<CachePruneResult> PruneAsync(CachePruneOptions options, CancellationToken cancellationToken = default) =>
        RemoveAsync(Select(DiskUsage(), options), cancellationToken);

    /// <summary>Prunes by the engine's own rules, in their order.</summary>
    internal async Task CollectAsync(CancellationToken cancellationToken)
    {
        foreach (var rule in Rules)
        {
            var doomed = Select(DiskUsage(), rule.Options(DateTimeOffset.UtcNow));
            if (doomed.Count > 0)
            {
                await RemoveAsync(doomed, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<CachePruneResult> RemoveAsync(IReadOnlyList<CacheRecord> doomed, CancellationToken cancellationToken)
    {
        var records = doomed.Where(r => r.Type != CacheRecordType.CacheMount).Select(r => r.Id).ToList();
        _parts.Cache.Remove(records);
        var mounts = doomed.Where(r => r.Type == CacheRecordType.CacheMount && _parts.Mounts.Remove(r.Id)).ToList();
        var freed = await _parts.Images.CollectGarbageAsync(CacheRoots(), cancellationToken).ConfigureAwait(false);
        return new CachePruneResult([.. records, .. mounts.Select(m => m.Id)], freed + mounts.Sum(m => m.Size));
    }

    /// <summary>Those to go: without <c>all</c> not what is internal or shared with images; with limits, the oldest until the rest fits.</summary>
    private IReadOnlyList<CacheRecord> Select(IReadOnlyList<CacheRecord> all, CachePruneOptions options)
    {
        var candidates = all.Where(r => !r.InUse && options.Filter.Matches(r) && (options.All || !(r.Shared || r.Type == CacheRecordType.Internal)));
        var oldestFirst = candidates.OrderBy(r => r.LastUsed).ToList();
        if (options.Space == CacheSpace.None)
        {
            return oldestFirst;
        }

        var used = all.Where(r => !r.Shared).Sum(r => r.Size);
        var keep = options.Space.Keep(used, new DriveInfo(_parts.Folders.Mounts).TotalFreeSpace);
        return oldestFirst.TakeWhile(r =>
        {
            var over = used > keep;
            used -= r.Shared ? 0 : r.Size;
            return over;
        }).ToList();
    }
}

public sealed record CachePruneOptions
{
    /// <summary>Also internal records and those whose layers images have.</summary>
    public bool All { get; init; }

    /// <summary>What may stay for its size.</summary>
    public CacheSpace Space { get; init; } = CacheSpace.None;

    public CacheFilter Filter { get; init; } = CacheFilter.None;
}

/// <param name="SpaceReclaimed">Bytes.</param>
public sealed record CachePruneResult(IReadOnlyList<string> CachesDeleted, long SpaceReclaimed);
