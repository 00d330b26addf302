using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Oci;

namespace Gantry.Engine.Builds;

public sealed partial class BuildsService
{
    private const string GatewayLabel = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";

    /// <summary>The one who builds here, as BuildKit's clients list workers.</summary>
    public WorkerRecord Worker()
    {
        var host = Platform.Host;
        var labels = new Dictionary<string, string>();
        if (_core.Parts.Networks.HostGateways() is [var gateway, ..])
        {
            labels[GatewayLabel] = gateway;
        }

        return new WorkerRecord
        {
            Id = "gantry",
            Labels = labels,
            Platforms = [new WirePlatform(host.Architecture, host.Os, host.Variant ?? string.Empty)],
            Version = new BuilderVersion("gantry", "v" + EngineVersion.Text, string.Empty),
            CollectionRules = [.. _builder.Rules.Select(Rule)],
        };
    }

    /// <summary>The cache's records for <c>docker buildx du</c>.</summary>
    /// <exception cref="Errors.GantryException">InvalidArgument: a malformed filter.</exception>
    public IReadOnlyList<UsageRecord> Usage(DiskUsageRequest request)
    {
        var filter = UsageFilters.Parse(request.Filters, request.AgeLimit);
        return [.. _builder.DiskUsage().Where(filter.Matches).Select(Record)];
    }

    /// <summary><c>docker buildx prune</c>.</summary>
    /// <returns>What was removed.</returns>
    /// <exception cref="Errors.GantryException">InvalidArgument: a malformed filter.</exception>
    public async Task<IReadOnlyList<UsageRecord>> PruneAsync(PruneRequest request, CancellationToken cancellationToken)
    {
        var before = _builder.DiskUsage();
        var options = new CachePruneOptions
        {
            All = request.All,
            Space = new CacheSpace(request.ReservedSpace, request.MaxUsedSpace, request.MinFreeSpace),
            Filter = UsageFilters.Parse(request.Filters, request.KeepDuration),
        };
        var pruned = await _builder.PruneAsync(options, cancellationToken).ConfigureAwait(false);
        var deleted = pruned.CachesDeleted.ToHashSet(StringComparer.Ordinal);
        return [.. before.Where(r => deleted.Contains(r.Id)).Select(Record)];
    }

    private static CollectionRule Rule(CacheRule rule) => new()
    {
        All = rule.All,
        KeepDuration = CacheFilter.Age(rule.Filters, DateTimeOffset.UtcNow).Ticks * 100,
        Filters = [.. rule.Filters.Where(f => !CacheFilter.IsAge(f.Key)).SelectMany(f => f.Value.Select(v => v.Length == 0 ? f.Key : $"{f.Key}=={v}"))],
        ReservedSpace = rule.Space.Reserved,
        MaxUsedSpace = rule.Space.MaxUsed,
        MinFreeSpace = rule.Space.MinFree,
    };

    private static UsageRecord Record(CacheRecord record) => new()
    {
        Id = record.Id,
        Mutable = record.Type == CacheRecordType.CacheMount,
        InUse = record.InUse,
        Size = record.Size,
        CreatedAt = record.Created,
        LastUsedAt = record.LastUsed,
        UsageCount = record.Uses,
        Description = record.Description,
        RecordType = record.Type,
        Shared = record.Shared,
        Parents = record.Parents,
    };
}
