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
    public async Task<CachePruneResult> PruneAsync(CachePruneOptions options, CancellationToken cancellationToken = default)
    {
        var doomed = Select(DiskUsage().Where(r => !r.InUse && options.Filter.Matches(r)).ToList(), options);
        var records = doomed.Where(r => r.Type != CacheRecordType.CacheMount).Select(r => r.Id).ToList();
        _parts.Cache.Remove(records);
        var mounts = doomed.Where(r => r.Type == CacheRecordType.CacheMount && _parts.Mounts.Remove(r.Id)).ToList();
        var freed = await _parts.Images.CollectGarbageAsync(CacheRoots(), cancellationToken).ConfigureAwait(false);
        return new CachePruneResult([.. records, .. mounts.Select(m => m.Id)], freed + mounts.Sum(m => m.Size));
    }

    /// <summary>Those to go: without <c>all</c> not what is internal or shared with images; with a limit, the oldest until the rest fits.</summary>
    private static IReadOnlyList<CacheRecord> Select(IReadOnlyList<CacheRecord> candidates, CachePruneOptions options)
    {
        var wanted = candidates.Where(r => options.All || !(r.Shared || r.Type == CacheRecordType.Internal)).OrderBy(r => r.LastUsed).ToList();
        if (options.KeepBytes <= 0)
        {
            return wanted;
        }

        var left = candidates.Sum(r => r.Size);
        return wanted.TakeWhile(r =>
        {
            var over = left > options.KeepBytes;
            left -= r.Size;
            return over;
        }).ToList();
    }
}

public sealed record CachePruneOptions
{
    /// <summary>Also internal records and those whose layers images have.</summary>
    public bool All { get; init; }

    /// <summary>Bytes of cache to keep; 0 keeps none.</summary>
    public long KeepBytes { get; init; }

    public CacheFilter Filter { get; init; } = CacheFilter.None;
}

/// <param name="SpaceReclaimed">Bytes.</param>
public sealed record CachePruneResult(IReadOnlyList<string> CachesDeleted, long SpaceReclaimed);
