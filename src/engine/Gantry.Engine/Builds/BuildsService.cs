using Gantry.Api;
using Gantry.Build;
using Gantry.Engine.Builds.Jobs;
using Gantry.Engine.Filters;
using Gantry.Engine.Transfers;
using Gantry.Registry;

namespace Gantry.Engine.Builds;

/// <summary>Builds and their cache, as the Engine API has them.</summary>
public sealed partial class BuildsService
{
    private readonly EngineCore _core;
    private readonly BuildService _builder;
    private readonly TransferService _transfers;

    internal BuildsService(EngineCore core, StepRunner runner, TransferService transfers)
    {
        _core = core;
        _transfers = transfers;
        var options = new BuildServiceOptions
        {
            Root = Path.Combine(core.Settings.DataRoot, "build"),
            RunDirectory = core.Settings.ExecRoot,
            EngineVersion = EngineVersion.Text,
            CacheRules = core.Settings.Builds.CacheRules,
            Warn = why => core.Log.Warn("the build cache was not pruned", ("error", why)),
        };
        _builder = new BuildService(options, core.Parts.Database, core.Parts.Images, runner, Provider((_, _) => Task.FromResult<RegistryCredentials?>(null)));
        core.Parts.Images.ExtraRoots = _builder.CacheRoots;
        core.Stopping.Token.UnsafeRegister(static builder => ((BuildService)builder!).Dispose(), _builder);
        Jobs = new JobService(this, core.Settings.Builds, core.Stopping.Token);
    }

    /// <summary>Builds an image; base images are pulled with what <paramref name="credentials"/> gives for a registry's domain.</summary>
    /// <exception cref="Errors.GantryException">In Docker's words.</exception>
    public Task<BuildResult> BuildAsync(
        BuildRequest request, IBuildProgress progress, Func<string, RegistryCredentials?> credentials, CancellationToken cancellationToken) =>
        _builder.BuildAsync(
            request with { Images = Provider((domain, _) => Task.FromResult(credentials(domain))) }, progress, cancellationToken);

    /// <summary>Reads and understands a build of BuildKit's protocol; see <see cref="BuildService.PrepareAsync"/>.</summary>
    internal Task<PreparedBuild> PrepareAsync(
        BuildRequest request, IBuildProgress progress, Func<string, CancellationToken, Task<RegistryCredentials?>> credentials, CancellationToken cancellationToken) =>
        _builder.PrepareAsync(request with { Images = Provider(credentials) }, progress, cancellationToken);

    /// <summary>Builds of clients that speak BuildKit's protocol.</summary>
    public JobService Jobs { get; }


    /// <summary><c>POST /build/prune</c>.</summary>
    public async Task<BuildPruneResponse> PruneAsync(bool all, CacheSpace space, FilterSet filters, CancellationToken cancellationToken)
    {
        var options = new CacheRule(all, filters.ToDictionary(), space).Options(DateTimeOffset.UtcNow);
        var pruned = await _builder.PruneAsync(options, cancellationToken).ConfigureAwait(false);
        return new BuildPruneResponse
        {
            CachesDeleted = pruned.CachesDeleted.Count == 0 ? null : [.. pruned.CachesDeleted],
            SpaceReclaimed = pruned.SpaceReclaimed,
        };
    }

    /// <summary>The cache's records for <c>GET /system/df</c>.</summary>
    public List<BuildCache> DiskUsage() =>
        [.. _builder.DiskUsage().Select(r => new BuildCache
        {
            ID = r.Id,
            Parents = r.Parents.Count == 0 ? null : [.. r.Parents],
            Type = r.Type,
            Description = r.Description,
            InUse = r.InUse,
            Shared = r.Shared,
            Size = r.Size,
            CreatedAt = GoTime.Format(r.Created),
            LastUsedAt = GoTime.Format(r.LastUsed),
            UsageCount = r.Uses,
        })];

    private ImageProvider Provider(Func<string, CancellationToken, Task<RegistryCredentials?>> credentials) => new(_core.Parts.Images, _transfers, credentials);
}
