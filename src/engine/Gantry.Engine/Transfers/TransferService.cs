using Gantry.Api;
using Gantry.Engine.Filters;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry;
using Gantry.Registry.Search;

namespace Gantry.Engine.Transfers;

/// <summary>Pulls, pushes and what else needs a registry.</summary>
public sealed class TransferService
{
    private readonly EngineCore _core;
    private volatile ImagePuller _puller;
    private volatile ImagePusher _pusher;

    internal TransferService(EngineCore core)
    {
        _core = core;
        (_puller, _pusher) = Make(core);
    }

    /// <summary>Takes the settings' limits for the transfers that begin from now on.</summary>
    internal void Reconfigure() => (_puller, _pusher) = Make(_core);

    private static (ImagePuller Puller, ImagePusher Pusher) Make(EngineCore core)
    {
        var options = new TransferOptions
        {
            MaxConcurrentDownloads = core.Settings.MaxConcurrentDownloads,
            MaxConcurrentUploads = core.Settings.MaxConcurrentUploads,
        };
        return (new ImagePuller(core.Parts.Images, core.Parts.Registry, options), new ImagePusher(core.Parts.Images, core.Parts.Registry, options));
    }

    /// <exception cref="Errors.GantryException">In Docker's words.</exception>
    public async Task<PullResult> PullAsync(
        ImageReference reference, Platform? platform, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        var result = await _core.Metrics.Images.MeasureAsync(
            "pull", () => _puller.PullAsync(reference, platform, credentials, progress, cancellationToken)).ConfigureAwait(false);
        Publish("pull", (reference.Digest.IsEmpty ? reference.WithDefaultTag() : reference).Familiar, reference.FamiliarName);
        return result;
    }

    /// <summary>Pulls every tag of a repository.</summary>
    public async Task PullAllAsync(
        ImageReference reference, Platform? platform, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        await _core.Metrics.Images.MeasureAsync(
            "pull", () => _puller.PullAllTagsAsync(reference, platform, credentials, progress, cancellationToken)).ConfigureAwait(false);
        Publish("pull", reference.FamiliarName, reference.FamiliarName);
    }

    /// <summary>Pushes one tag, or all tags of the repository when the reference has none.</summary>
    public async Task PushAsync(
        ImageReference reference, Platform? platform, LayerCompression? compression, RegistryCredentials? credentials, IProgress<TransferEvent> progress,
        CancellationToken cancellationToken)
    {
        await _core.Metrics.Images.MeasureAsync("push", () => _pusher.PushAsync(reference, platform, compression, credentials, progress, cancellationToken)).ConfigureAwait(false);
        Publish("push", reference.Familiar, reference.FamiliarName);
    }

    /// <summary><c>POST /auth</c>.</summary>
    public async Task<SystemAuthResponse> LoginAsync(string serverAddress, RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        var login = await _core.Parts.Registry.LoginAsync(serverAddress, credentials, cancellationToken).ConfigureAwait(false);
        return new SystemAuthResponse { Status = login.Status, IdentityToken = login.IdentityToken };
    }

    /// <summary><c>GET /distribution/NAME/json</c>: what a registry has under a name.</summary>
    public async Task<DistributionInspect> InspectAsync(ImageReference reference, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var named = reference.Digest.IsEmpty ? reference.WithDefaultTag() : reference;
        var repository = _core.Parts.Registry.OpenForPull(named, credentials);
        var manifest = await repository.GetManifestAsync(named.Digest.IsEmpty ? named.Tag! : named.Digest.ToString(), cancellationToken).ConfigureAwait(false);
        return await DistributionView.DescribeAsync(repository, manifest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary><c>GET /images/search</c>.</summary>
    /// <exception cref="Errors.GantryException">In Docker's words.</exception>
    public async Task<IReadOnlyList<ImageSearchResult>> SearchAsync(
        string term, int limit, FilterSet filters, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var filter = SearchFilter.Parse(filters);
        return filter.TakesNothing ? []
            : [.. (await _core.Parts.Registry.SearchAsync(term, limit, credentials, cancellationToken).ConfigureAwait(false)).Where(filter.Takes).Select(Describe)];
    }

    /// <summary>Nothing is automated any more: what indexes say about it is not passed on.</summary>
    private static ImageSearchResult Describe(FoundRepository found) => new()
    {
        Name = found.Name,
        Description = found.Description,
        StarCount = found.StarCount,
        IsOfficial = found.IsOfficial,
        IsAutomated = false,
    };

    private void Publish(string action, string actor, string name) =>
        _core.Events.Publish("image", action, actor, new SortedDictionary<string, string>(StringComparer.Ordinal) { ["name"] = name });
}
