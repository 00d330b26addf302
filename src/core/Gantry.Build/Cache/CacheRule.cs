namespace Gantry.Build;

/// <summary>One rule by which the engine itself prunes its build cache (<c>builder.gc</c> of <c>daemon.json</c>).</summary>
/// <param name="All">Also internal records and those whose layers images have.</param>
/// <param name="Filters">As those of <c>POST /build/prune</c>; durations count from each collection.</param>
public sealed record CacheRule(bool All, IReadOnlyDictionary<string, IReadOnlyList<string>> Filters, CacheSpace Space)
{
    private const long Gibibyte = 1L << 30;
    private const long Gigabyte = 1_000_000_000;

    /// <summary>The least that quickly made again may take before it goes after two days.</summary>
    private const long LeastOfTransient = 512_000_000;

    /// <summary>Of the space reserved, what the quickly made again may take: e·π·φ percent, Docker's figure.</summary>
    private const double TransientShare = Math.E * Math.PI * 1.618033988749895 / 100;

    /// <summary>
    /// Docker's rules where none are given: sources and cache mounts first, then what was not used for 60 days, then the least recently used,
    /// at last also what images share.
    /// </summary>
    /// <param name="space">The limits; <see cref="CacheSpace.None"/> for a tenth of the disk reserved, four fifths at most, a fifth free.</param>
    /// <param name="diskSize">Bytes of the cache's disk.</param>
    public static IReadOnlyList<CacheRule> Defaults(CacheSpace space, long diskSize)
    {
        if (space == CacheSpace.None)
        {
            space = new CacheSpace(Share(diskSize, 10), Share(diskSize, 80), Share(diskSize, 20));
        }

        var transient = Math.Max(LeastOfTransient, (long)Math.Round(space.Reserved * TransientShare));
        return
        [
            new(false, Filter(("until", ["48h"]), ("type", [CacheRecordType.Local, CacheRecordType.CacheMount, CacheRecordType.Git])), new CacheSpace(0, transient, 0)),
            new(false, Filter(("until", ["1440h"])), space),
            new(false, Filter(), space),
            new(true, Filter(), space),
        ];
    }

    /// <summary>What to prune by this rule now.</summary>
    /// <exception cref="Errors.GantryException">InvalidArgument: a filter, in Docker's words.</exception>
    public CachePruneOptions Options(DateTimeOffset now) => new() { All = All, Filter = CacheFilter.Parse(Filters, now), Space = Space };

    private static long Share(long diskSize, int percent) => ((diskSize * percent / 100 / Gibibyte) + 1) * Gigabyte;

    private static Dictionary<string, IReadOnlyList<string>> Filter(params (string Name, IReadOnlyList<string> Values)[] filters) =>
        filters.ToDictionary(f => f.Name, f => f.Values);
}
