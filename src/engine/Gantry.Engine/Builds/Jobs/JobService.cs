using System.Collections.Concurrent;
using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Engine.Builds.Sessions;
using Gantry.Engine.Settings;
using Gantry.Errors;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>
/// Builds of clients that speak BuildKit's protocol (docs/design/buildkit.md): a Solve stays open while the client asks, as the build's frontend would,
/// for the Dockerfile's result, and gives that back.
/// </summary>
public sealed class JobService
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(6);

    /// <summary>How long a finished build's status can still be asked for.</summary>
    private static readonly TimeSpan s_afterlife = TimeSpan.FromSeconds(10);
    private readonly BuildsService _builds;
    private readonly ArrivalTable<BuildJob> _jobs = new();
    private readonly ArrivalTable<PendingUpload> _uploads = new();
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _cancellable = new();
    private readonly ConcurrentDictionary<string, PreparedBuild> _results = new();
    private readonly BuildSettings _settings;
    private readonly CancellationToken _stopping;

    internal JobService(BuildsService builds, BuildSettings settings, CancellationToken stopping)
    {
        _builds = builds;
        _settings = settings;
        History = new BuildHistory(settings.HistoryEntries, settings.HistoryAge);
        _stopping = stopping;
    }

    public SessionTable Sessions { get; } = new();

    internal BuildHistory History { get; }

    /// <summary>Control.Solve: returns when the build and its exporters are through.</summary>
    /// <param name="cancellationToken">Fires when the caller has gone, which ends the build.</param>
    public async Task<SolveResponse> SolveAsync(SolveRequest request, JobExtras extras, CancellationToken cancellationToken)
    {
        CheckSupported(request);
        var entitlements = BuildEntitlements.Grant(request.Entitlements, _settings.Entitlements);
        var session = request.Session.Length == 0 ? null : await Sessions.GetAsync(request.Session, cancellationToken).ConfigureAwait(false);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session?.Ended ?? CancellationToken.None, _stopping);
        using var job = new BuildJob(request, extras, session, cancellation.Token) { Entitlements = entitlements };
        if (request.Ref.Length == 0 || !_jobs.TryAdd(request.Ref, job))
        {
            throw GantryException.Conflict($"job ID {request.Ref} exists");
        }

        if (extras.BuildId.Length > 0)
        {
            _cancellable[extras.BuildId] = cancellation;
        }

        var isUsers = !request.IsInternal;
        if (isUsers)
        {
            History.Begin(job);
        }

        IReadOnlyDictionary<string, string>? response = null;
        Exception? failure = null;
        try
        {
            response = await RunAsync(job, cancellation.Token).ConfigureAwait(false);
            return new SolveResponse(response);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            _cancellable.TryRemove(extras.BuildId, out _);
            _uploads.Remove(extras.BuildId);
            await cancellation.CancelAsync().ConfigureAwait(false);
            job.Progress.EndAll();
            job.Log.End();
            if (isUsers)
            {
                History.End(job, response, failure);
            }

            foreach (var id in job.Results)
            {
                _results.TryRemove(id, out _);
            }

            _ = ForgetAsync(request.Ref);
        }
    }

    /// <summary><c>POST /build/cancel</c>: ends a build of that id, if there is one.</summary>
    public void Cancel(string buildId)
    {
        if (_cancellable.TryGetValue(buildId, out var cancellation))
        {
            cancellation.Cancel();
        }
    }

    /// <summary>Gives a request's body to the build of that id; returns when it was read.</summary>
    /// <exception cref="GantryException">DeadlineExceeded: no build wants it.</exception>
    public async Task UploadAsync(string buildId, Stream body, CancellationToken cancellationToken)
    {
        var upload = new PendingUpload(body);
        if (!_uploads.TryAdd(buildId, upload))
        {
            throw GantryException.Conflict($"there is an upload for build {buildId}");
        }

        try
        {
            await upload.Taken.WaitAsync(s_patience, cancellationToken).ConfigureAwait(false);
            await upload.Read.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new GantryException(ErrorKind.DeadlineExceeded, "context deadline exceeded", e);
        }
        finally
        {
            _uploads.Remove(buildId);
        }
    }

    /// <summary>The body of another request for this build. It ends when the stream is disposed.</summary>
    /// <exception cref="GantryException">DeadlineExceeded: it doesn't come.</exception>
    public async Task<Stream> TakeUploadAsync(string buildId, CancellationToken cancellationToken) =>
        (await _uploads.FindAsync(buildId, s_patience, cancellationToken).ConfigureAwait(false))?.Take()
        ?? throw new GantryException(ErrorKind.DeadlineExceeded, "context deadline exceeded");

    /// <summary>Control.Status: a build's progress from its beginning to its end.</summary>
    /// <exception cref="GantryException">NotFound.</exception>
    public async Task<IAsyncEnumerable<StatusUpdate>> FollowAsync(string reference, CancellationToken cancellationToken) =>
        (History.Log(reference) ?? (await GetAsync(reference, cancellationToken).ConfigureAwait(false)).Log).FollowAsync(cancellationToken);

    /// <summary>Control.ListenBuildHistory.</summary>
    public IAsyncEnumerable<BuildHistoryEvent> ListenAsync(BuildHistoryRequest request, CancellationToken cancellationToken) => History.ListenAsync(request, cancellationToken);

    /// <summary>Control.UpdateBuildHistory.</summary>
    /// <exception cref="GantryException">NotFound.</exception>
    public void UpdateHistory(UpdateBuildHistoryRequest request) => History.Update(request);

    /// <summary>LLBBridge.Solve: reads and understands the Dockerfile; the steps wait until the result is used.</summary>
    public async Task<GatewayResult> SolveAsync(string reference, GatewaySolveRequest request, CancellationToken cancellationToken)
    {
        var job = await GetAsync(reference, cancellationToken).ConfigureAwait(false);
        if (!request.Definition.IsEmpty)
        {
            throw GantryException.NotImplemented("LLB definitions are not solved here: only Dockerfiles are built");
        }

        var build = await PrepareAsync(job, request.Frontend, request.Options, request.Inputs, cancellationToken).ConfigureAwait(false);
        var id = job.Keep(build);
        _results[id] = build;
        if (request.Evaluate)
        {
            await build.RunAsync(job.Cancellation).ConfigureAwait(false);
        }

        return new GatewayResult { Ref = new GatewayRef(id, ResultDefinition.Of(id)) };
    }

    /// <summary>LLBBridge.Evaluate: carries a result's steps out.</summary>
    public async Task EvaluateAsync(string reference, string id, CancellationToken cancellationToken)
    {
        var job = await GetAsync(reference, cancellationToken).ConfigureAwait(false);
        await Result(job, id).RunAsync(job.Cancellation).ConfigureAwait(false);
    }

    /// <summary>LLBBridge.Return.</summary>
    public async Task ReturnAsync(string reference, ReturnRequest request, CancellationToken cancellationToken) =>
        (await GetAsync(reference, cancellationToken).ConfigureAwait(false)).Returned.TrySetResult(request);

    /// <summary>LLBBridge.Warn: a remark goes to all who follow the build.</summary>
    public async Task WarnAsync(string reference, VertexWarning warning, CancellationToken cancellationToken) =>
        (await GetAsync(reference, cancellationToken).ConfigureAwait(false)).Log.Add(warning);

    /// <exception cref="GantryException">NotFound.</exception>
    public Task CheckAsync(string reference, CancellationToken cancellationToken) => GetAsync(reference, cancellationToken);

    /// <exception cref="GantryException">NotImplemented: what is asked for would otherwise be left out in silence.</exception>
    private static void CheckSupported(SolveRequest request)
    {
        if (request.HasDefinition)
        {
            throw GantryException.NotImplemented("LLB definitions are not solved here: only Dockerfiles are built");
        }

        if (request.HasSourcePolicy)
        {
            throw GantryException.NotImplemented("source policies are not available");
        }

        // Every image made here serves as a cache, which is what inline asks for.
        if (request.CacheExports.FirstOrDefault(c => c.Type != "inline") is { } cache)
        {
            throw GantryException.NotImplemented($"unknown cache exporter: \"{cache.Type}\"");
        }

        if (request.Exporters.Any(e => e.Type == "image" && e["push"] == "true"))
        {
            throw GantryException.NotImplemented("a build doesn't push here: push its image through the Engine API");
        }
    }

    private async Task<IReadOnlyDictionary<string, string>> RunAsync(BuildJob job, CancellationToken cancellationToken)
    {
        PreparedBuild? build;
        if (job.Request.Frontend.Length > 0)
        {
            build = await PrepareAsync(job, job.Request.Frontend, job.Request.FrontendAttributes, job.Request.FrontendInputs, cancellationToken).ConfigureAwait(false);
            job.Keep(build);
        }
        else
        {
            var returned = await job.Returned.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (returned.Error is { } error)
            {
                throw JobFailure.Create(error);
            }

            build = returned.Result?.Ref is { Id.Length: > 0 } reference ? Result(job, reference.Id) : null;
        }

        if (build is null)
        {
            // A client that only wanted to ask something.
            return new Dictionary<string, string>();
        }

        await build.RunAsync(cancellationToken).ConfigureAwait(false);
        return await new ResultExporter(job, build).ExportAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<PreparedBuild> PrepareAsync(BuildJob job, string frontend, IReadOnlyDictionary<string, string> options, IReadOnlyDictionary<string, byte[]> inputs, CancellationToken cancellationToken)
    {
        var named = NamedContextOptions.Parse(options, inputs, Held);
        try
        {
            var request = FrontendOptions.Parse(frontend, options, job.Session, job.Extras.ContextTar, named) with { Entitlements = job.Entitlements };
            request.Entitlements.Check(request.Steps.NetworkMode == "host", security: false);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, job.Cancellation);
            return await _builds.PrepareAsync(request, job.Progress, job.FindCredentialsAsync, linked.Token).ConfigureAwait(false);
        }
        catch
        {
            foreach (var held in named.Values)
            {
                held.Build?.Dispose();
            }

            throw;
        }
    }

    /// <summary>The result of another build that a definition names, held.</summary>
    private PreparedBuild? Held(byte[] definition) =>
        ResultDefinition.Find(definition) is { } id && _results.TryGetValue(id, out var build) && build.TryHold() ? build : null;

    private static PreparedBuild Result(BuildJob job, string id) => job.Find(id) ?? throw GantryException.NotFound($"no such ref: {id}");

    private async Task<BuildJob> GetAsync(string reference, CancellationToken cancellationToken) =>
        await _jobs.FindAsync(reference, s_patience, cancellationToken).ConfigureAwait(false) ?? throw GantryException.NotFound($"no such job {reference}");

    private async Task ForgetAsync(string reference)
    {
        await Task.Delay(s_afterlife, CancellationToken.None).ConfigureAwait(false);
        _jobs.Remove(reference);
    }
}
