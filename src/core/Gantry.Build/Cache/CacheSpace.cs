namespace Gantry.Build;

/// <summary>How much of the disk the build cache may take, in bytes; 0 leaves a limit out. BuildKit's <c>PruneInfo</c>.</summary>
/// <param name="Reserved">Left to the cache, whatever the other two say; alone it is what to keep.</param>
/// <param name="MaxUsed">The most that the cache may take.</param>
/// <param name="MinFree">What is to stay free on the disk.</param>
public sealed record CacheSpace(long Reserved, long MaxUsed, long MinFree)
{
    /// <summary>Nothing is kept for its size.</summary>
    public static CacheSpace None { get; } = new(0, 0, 0);

    /// <summary>Bytes of the cache to keep: none for 0 or less, all for <see cref="long.MaxValue"/>.</summary>
    /// <param name="used">Bytes of the cache that no image has too.</param>
    /// <param name="free">Free bytes of its disk.</param>
    public long Keep(long used, long free)
    {
        if (MaxUsed == 0 && MinFree == 0)
        {
            return Reserved;
        }

        var keep = MaxUsed == 0 ? long.MaxValue : MaxUsed;
        return Math.Max(Reserved, MinFree > free ? Math.Min(keep, used - (MinFree - free)) : keep);
    }
}
