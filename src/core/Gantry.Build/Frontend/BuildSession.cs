using Gantry.Build.Cache;
using Gantry.Build.Export;
using Gantry.Build.Context;
using Gantry.Build.Frontend.Styles;
using Gantry.Build.Graph;
using Gantry.Build.Steps;
using Gantry.Content;
using Gantry.Dockerfile;
using Gantry.Dockerfile.Shell;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

/// <summary>One build: its stages, each built once when first asked for, several at a time.</summary>
internal sealed class BuildSession : IDisposable
{
    private readonly Dictionary<int, Task<ImageDraft>> _stages = [];
    private readonly Dictionary<int, int> _firstStep = [];
    private readonly Lock _lock = new();
    private readonly IImageCatalog _images;
    private readonly IImageProvider _provider;
    private readonly ContentLease _lease;
    private readonly Platform? _platform;
    private readonly ImageOrigin _origin;
    private readonly VertexNames _vertexes;
    private readonly CancellationTokenSource _cancellation;
    private readonly WordExpander _globalWords;
    private readonly ImportedSteps _imported;
    private readonly bool _isLimited;
    private readonly Solver _solver;
    private readonly Solver _uncached;
    private int _total;

    public BuildSession(
        BuildRequest request, BuildParts parts, ParsedDockerfile dockerfile, IBuildContext context, IBuildProgress progress, ContentLease lease,
        CacheSession cache, CancellationTokenSource cancellation)
    {
        Request = request;
        Dockerfile = dockerfile;
        Context = context;
        Progress = progress;
        _images = parts.Images;
        _provider = request.Images ?? parts.Provider;
        _lease = lease;
        _cancellation = cancellation;
        Style = IImageStyle.Of(request.Style);
        _origin = new ImageOrigin(parts.EngineVersion, Style, request.Epoch);
        _vertexes = new VertexNames(dockerfile);
        _platform = request.Platform.Length > 0 ? Platform.Parse(request.Platform) : null;
        Folders = parts.Folders;
        Runner = parts.Runner;
        Maker = new LayerMaker(parts.Layers, lease);
        _solver = new Solver(cache, parts.Running, lease, !request.NoCache);
        _uncached = new Solver(cache, parts.Running, lease, useCache: false);
        _imported = new ImportedSteps(request.NoCache ? [] : request.CacheFrom, parts.Images);
        _isLimited = request.Style == BuildStyle.Classic && request.CacheFrom.Count > 0;
        Mounts = new MountResolver(Maker, parts.Mounts, context, request.Secrets, request.ClientFiles?.Client, parts.Folders);
        Arguments = new BuildArguments(request.BuildArguments, PlatformArguments.Of(Platform.Host, _platform ?? Platform.Host));
        Target = StageNames.Target(dockerfile, request.Target);
        if (!Style.IsBuildKit)
        {
            StageNames.CheckUnique(dockerfile);
        }

        _globalWords = DeclareGlobals();
        Named = new NamedContexts(request, parts, progress);
        Needed = request.AllStages ? [.. Enumerable.Range(0, Target + 1)] : StageNames.Needed(dockerfile, Target, _globalWords, name => Named.Find(name) is not null);
        NumberSteps();
    }

    public BuildRequest Request { get; }

    public ParsedDockerfile Dockerfile { get; }

    public IBuildContext Context { get; }

    public IImageStyle Style { get; }

    public NamedContexts Named { get; }

    public IBuildProgress Progress { get; }

    public BuildFolders Folders { get; }

    public IStepRunner Runner { get; }

    public LayerMaker Maker { get; }

    public MountResolver Mounts { get; }

    public BuildArguments Arguments { get; }

    public int Target { get; }

    /// <summary>Numbers of the stages that are built.</summary>
    public IReadOnlyList<int> Needed { get; }

    public void Dispose() => Named.Dispose();

    /// <summary>Builds the target with all it needs. The first failure ends everything.</summary>
    public async Task<ImageDraft> RunAsync()
    {
        Progress.Planned(Needed);
        for (var i = 0; i < Dockerfile.GlobalArguments.Count; i++)
        {
            Progress.StepStarted(new BuildStep(i + 1, _total, -1, string.Empty, i + 1, Dockerfile.GlobalArguments.Count, Dockerfile.GlobalArguments[i].Source));
        }

        var stages = Needed.Select(StageAsync).ToList();
        try
        {
            await foreach (var finished in Task.WhenEach(stages).ConfigureAwait(false))
            {
                await finished.ConfigureAwait(false);
            }
        }
        catch
        {
            await _cancellation.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(stages).ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
                .ConfigureAwait(false);
            throw;
        }

        return await StageAsync(Target).ConfigureAwait(false);
    }

    /// <summary>
    /// What finds or makes the result of a stage's next step. With <c>--cache-from</c> the classic builder takes from its own cache only what one of
    /// those images has.
    /// </summary>
    /// <param name="draft">The stage so far.</param>
    /// <param name="isForeign">None of those images has this step.</param>
    public Solver SolverOf(Stage stage, ImageDraft draft, bool isForeign) =>
        Request.NoCacheStages.Contains(stage.Name, StringComparer.OrdinalIgnoreCase) || (_isLimited && (isForeign || !_imported.Continue(draft)))
            ? _uncached
            : _solver;

    /// <summary>A stage's image, when it is built.</summary>
    public Task<ImageDraft> StageAsync(int index)
    {
        lock (_lock)
        {
            if (!_stages.TryGetValue(index, out var task))
            {
                _stages[index] = task = Task.Run(() => BuildStageAsync(index, _cancellation.Token), _cancellation.Token);
            }

            return task;
        }
    }

    /// <summary>The layers of an image named by <c>--from</c>.</summary>
    public async Task<Digest> ImageChainAsync(string reference, BuildStep step, CancellationToken cancellationToken)
    {
        try
        {
            return (await LoadAsync(reference, _platform, step, cancellationToken).ConfigureAwait(false)).ChainId;
        }
        catch (GantryException e)
        {
            throw Style.FromFailure(reference, e);
        }
    }

    /// <summary>A step that an image named by <c>--cache-from</c> has, its layer there and protected; or null.</summary>
    public LayerResult? FindImported(ImageDraft draft, string createdBy)
    {
        if (_imported.Find(draft, createdBy) is not { } found || found.ChainId.IsEmpty)
        {
            return null;
        }

        _lease.Protect(found.ChainId);
        return Maker.Layers.Exists(found.ChainId) ? found : null;
    }

    private async Task<ImageDraft> BuildStageAsync(int index, CancellationToken cancellationToken)
    {
        var stage = Dockerfile.Stages[index];
        var name = _globalWords.Word(stage.BaseName);
        var named = Named.Find(name);
        var hasImage = named is null ? name != "scratch" && StageNames.Find(Dockerfile, index, name, allowNumber: false, out _) < 0 : named.Image.Length > 0;
        var step = Step(stage, index, 0) with { Vertex = hasImage ? _vertexes.Next(index, hasImage, "FROM " + FullName(name)) : string.Empty };
        var range = stage.Range;
        try
        {
            Progress.StepStarted(step);
            var builder = new StageBuilder(this, index, await BaseAsync(stage, index, step, cancellationToken).ConfigureAwait(false));
            await builder.RunTriggersAsync(step, cancellationToken).ConfigureAwait(false);
            Progress.StepFinished(step, builder.Draft.Id.ToString());
            foreach (var instruction in InstructionsOf(stage, index))
            {
                cancellationToken.ThrowIfCancellationRequested();
                range = instruction.Range;
                step = Step(stage, index, step.NumberInStage, instruction.Source) with
                {
                    Vertex = VertexNames.IsVertex(instruction) ? _vertexes.Next(index, hasImage, builder.Shown(instruction)) : string.Empty,
                };
                Progress.StepStarted(step);
                await builder.DispatchAsync(instruction, step, cancellationToken).ConfigureAwait(false);
                Progress.StepFinished(step, builder.Draft.Id.ToString());
            }

            if (index == Target && builder.Draft.Id.IsEmpty && Style.IsBuildKit)
            {
                builder.Draft.Change(builder.Draft.Config);
            }

            if (index == Target && builder.Draft.Id.IsEmpty)
            {
                throw GantryException.InvalidArgument("No image was generated. Is your Dockerfile empty?");
            }

            if (index == Target && Request.Style == BuildStyle.BuildKit && Request.Labels.Count > 0)
            {
                builder.AddLabels(Request.Labels);
            }

            Progress.StageFinished(index, builder.Draft.Id.ToString());
            return builder.Draft;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            BuildFailure.SetSource(e, new FailureSource(Context.FileName, Context.Dockerfile, range));
            Progress.StepFailed(step, e);
            throw;
        }
    }

    private async Task<ImageDraft> BaseAsync(Stage stage, int index, BuildStep step, CancellationToken cancellationToken)
    {
        var platform = stage.Platform.Length == 0 ? _platform : ParsePlatform(stage.Platform);
        var name = _globalWords.Word(stage.BaseName);
        if (name.Length == 0)
        {
            throw GantryException.InvalidArgument($"base name ({stage.BaseName}) should not be blank");
        }

        if (Named.Find(name) is { } named)
        {
            return named.Build is { } build ? (await build.ImageAsync(cancellationToken).ConfigureAwait(false)).Branch()
                : named.Image == "scratch" ? ImageDraft.FromScratch(platform ?? Platform.Host, _origin)
                : named.Image.Length > 0 ? await LoadAsync(named.Image, platform, step, cancellationToken).ConfigureAwait(false)
                : throw GantryException.NotImplemented($"FROM {name}: a folder can't be the base of a stage here, only COPY and RUN --mount take from it");
        }

        var earlier = StageNames.Find(Dockerfile, index, name, allowNumber: false, out _);
        return earlier >= 0 ? (await StageAsync(earlier).WaitAsync(cancellationToken).ConfigureAwait(false)).Branch()
            : name == "scratch" ? ImageDraft.FromScratch(platform ?? Platform.Host, _origin)
            : await LoadAsync(name, platform, step, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ImageDraft> LoadAsync(string reference, Platform? platform, BuildStep step, CancellationToken cancellationToken)
    {
        var pulling = new PullReporter(Progress, step);
        var policy = Request.Pull ? PullPolicy.Always : PullPolicy.Missing;
        var activity = $"[internal] load metadata for {FullName(reference)}";
        Progress.ActivityStarted(activity);
        Digest id;
        try
        {
            id = await _provider.EnsureAsync(reference, platform, policy, pulling, cancellationToken).ConfigureAwait(false);
            Progress.ActivityFinished(activity, null);
        }
        catch (Exception e) when (e is GantryException or OperationCanceledException)
        {
            Progress.ActivityFinished(activity, e);
            throw Style.BaseFailure(reference, FullName(reference), e);
        }

        _lease.Protect(id);
        var draft = ImageDraft.From(id, _images.Config(id), _origin);
        if (!draft.ChainId.IsEmpty)
        {
            _lease.Protect(draft.ChainId);
        }

        return draft;
    }

    /// <summary>A name as BuildKit shows it; what is no name is shown as it is.</summary>
    private static string FullName(string reference) => ImageReference.TryParse(reference, out var parsed) ? parsed.WithDefaultTag().ToString() : reference;

    private Platform ParsePlatform(string text)
    {
        var expanded = _globalWords.Word(text);
        try
        {
            return Platform.Parse(expanded);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"failed to parse platform {expanded}: {e.Message}", e);
        }
    }

    private WordExpander DeclareGlobals()
    {
        foreach (var instruction in Dockerfile.GlobalArguments)
        {
            var expanded = (ArgInstruction)instruction.Expand(GlobalWords());
            foreach (var argument in expanded.Arguments)
            {
                Arguments.DeclareGlobal(argument.Key, argument.Value);
            }
        }

        return GlobalWords();
    }

    private WordExpander GlobalWords() => new(Dockerfile.Escape, new ShellEnvironment(Arguments.Global()));

    /// <summary>The file's instructions and, for the target, the labels given with the build.</summary>
    private IReadOnlyList<Instruction> InstructionsOf(Stage stage, int index) => index != Target || Request.Style == BuildStyle.BuildKit ? stage.Instructions
        : [.. stage.Instructions, .. Request.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(Label)];

    private static LabelInstruction Label(KeyValuePair<string, string> label) =>
        new([new KeyValue(label.Key, label.Value)], IsLiteral: true) { Source = $"LABEL {label.Key}={label.Value}" };

    private void NumberSteps()
    {
        _total = Dockerfile.GlobalArguments.Count;
        foreach (var index in Needed)
        {
            _firstStep[index] = _total + 1;
            _total += 1 + InstructionsOf(Dockerfile.Stages[index], index).Count;
        }
    }

    private BuildStep Step(Stage stage, int index, int offset, string? source = null) => new(
        _firstStep.GetValueOrDefault(index, _total) + offset, _total, index, stage.Name, offset + 1, InstructionsOf(stage, index).Count + 1, source ?? stage.Source);

    private sealed class PullReporter(IBuildProgress progress, BuildStep step) : IProgress<PullStatus>
    {
        public void Report(PullStatus value) => progress.Pulling(step, value);
    }
}
