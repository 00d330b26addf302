using Gantry.Build;

namespace Gantry.Engine.Settings;

/// <summary>What the owner decides about builds (<c>builder</c> of <c>daemon.json</c>).</summary>
public sealed record BuildSettings
{
    /// <summary>By which rules the cache is pruned after builds, on a disk of so many bytes; none: never.</summary>
    public Func<long, IReadOnlyList<CacheRule>> CacheRules { get; init; } = size => CacheRule.Defaults(CacheSpace.None, size);

    /// <summary>What clients may give their builds.</summary>
    public BuildEntitlements Entitlements { get; init; } = new(NetworkHost: true, SecurityInsecure: false);

    /// <summary>How many builds <c>docker buildx history</c> tells of.</summary>
    public int HistoryEntries { get; init; } = 50;

    /// <summary>How long it tells of a build that has ended.</summary>
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromHours(48);
}
