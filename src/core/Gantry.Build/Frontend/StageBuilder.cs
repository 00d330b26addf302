using Gantry.Build.Frontend.Styles;
using Gantry.Build.Graph;
using Gantry.Build.Steps;
using Gantry.Dockerfile;
using Gantry.Dockerfile.Shell;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

/// <summary>
/// Carries a stage's instructions over into vertices, one after the other, has them solved and keeps the image up to date. What each
/// instruction means is in the other parts of this class.
/// </summary>
internal sealed partial class StageBuilder
{
    private readonly BuildSession _session;
    private readonly Stage _stage;
    private readonly int _index;
    private readonly BuildArguments _arguments;
    private ImageDraft _draft;

    /// <summary>Names everything up to here, so that the same configuration step after other steps is another.</summary>
    private Digest _position;
    private int _idle;

    /// <param name="draft">The base.</param>
    public StageBuilder(BuildSession session, int index, ImageDraft draft)
    {
        _session = session;
        _stage = session.Dockerfile.Stages[index];
        _index = index;
        _draft = draft;
        _arguments = session.Arguments.ForStage();
        _position = new KeyBuilder("base").Add(draft.Id).Build();
        if (Style.IsBuildKit)
        {
            _draft.Variables ??= new OrderedVariables(_draft.Environment);
        }
    }

    public ImageDraft Draft => _draft;

    private IBuildProgress Progress => _session.Progress;

    private IImageStyle Style => _session.Style;

    private bool IsQuietAboutRemoval => !_session.Request.Remove && !_session.Request.ForceRemove;

    /// <summary>Carries out the base image's ONBUILD triggers, as part of the FROM step.</summary>
    public async Task RunTriggersAsync(BuildStep step, CancellationToken cancellationToken)
    {
        var triggers = _draft.Config.OnBuild ?? [];
        if (triggers.Count == 0)
        {
            return;
        }

        _draft.Config = _draft.Config with { OnBuild = null };
        Progress.Note(step, $"# Executing {triggers.Count} build trigger{(triggers.Count > 1 ? "s" : string.Empty)}");
        foreach (var trigger in triggers)
        {
            await DispatchAsync(ParsedDockerfile.ParseTrigger(trigger), step, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>An instruction as BuildKit shows it: with the values known so far, heredocs cut short.</summary>
    public string Shown(Instruction instruction)
    {
        var isRun = instruction is RunInstruction;
        var text = instruction is RunInstruction { Heredocs.Count: 1 } run ? $"{FirstLine(instruction.Source)} ({Summary(run.Heredocs[0].Content)})" : FirstLine(instruction.Source);
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? text : text[..space].ToUpperInvariant() + Words().Shown(text[space..], isRun);
    }

    /// <summary>Labels of the request, which are no step.</summary>
    public void AddLabels(IReadOnlyDictionary<string, string> labels)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in (_draft.Config.Labels ?? new Dictionary<string, string>()).Concat(labels))
        {
            all[key] = value;
        }

        _draft.Change(_draft.Config with { Labels = all });
    }

    public Task DispatchAsync(Instruction instruction, BuildStep step, CancellationToken cancellationToken)
    {
        var words = Words();
        if (instruction is IExpandable expandable)
        {
            instruction = expandable.Expand(words);
        }

        return instruction switch
        {
            RunInstruction run => RunAsync(run, step, cancellationToken),
            CopyInstruction copy => CopyAsync(copy, step, cancellationToken),
            AddInstruction add => AddAsync(add, step, cancellationToken),
            WorkdirInstruction workdir => WorkdirAsync(workdir, step, cancellationToken),
            OnBuildInstruction trigger when Style.IsBuildKit => AddSilently(trigger),
            ExposeInstruction expose => ConfigureAsync(Expose(expose, words), step, cancellationToken),
            _ => ConfigureAsync(Apply(instruction, step), step, cancellationToken),
        };
    }

    private WordExpander Words() => new(
        _session.Dockerfile.Escape, new ShellEnvironment(_draft.Variables?.Environment ?? _draft.Environment.Concat(_arguments.Visible(_draft.Environment))));

    /// <summary>BuildKit has no record of a trigger in the history.</summary>
    private Task AddSilently(OnBuildInstruction trigger)
    {
        _position = new KeyBuilder("trigger").Add(_position).Add(AddTrigger(trigger)).Build();
        _draft.Change(_draft.Config);
        return Task.CompletedTask;
    }

    /// <summary>A step that only changes the configuration, already changed.</summary>
    private async Task ConfigureAsync(string comment, BuildStep step, CancellationToken cancellationToken)
    {
        var createdBy = Style.Config(_draft.Shell, comment);
        if (TryImport(createdBy, step))
        {
            return;
        }

        var vertex = Vertex.Of(new ConfigOperation(createdBy, _position), 0);
        var solver = _session.SolverOf(_stage, _draft, isForeign: true);
        var solved = await solver.SolveAsync(vertex, Observer(step), cancellationToken).ConfigureAwait(false);
        if (solved.Cached)
        {
            Progress.Cached(step);
        }
        else
        {
            TellContainer(step);
        }

        _position = vertex.Definition;
        _draft.Add(createdBy, solved.Result.Created, default);
    }

    /// <summary>A step that may add a layer and whose text in the history is known before it is done. True when it was there already.</summary>
    private async Task<bool> BuildAsync(
        IOperation operation, IReadOnlyList<Digest> otherInputs, string createdBy, BuildStep step, CancellationToken cancellationToken) =>
        TryImport(createdBy, step) || await BuildAsync(operation, otherInputs, _ => createdBy, step, cancellationToken, isForeign: true).ConfigureAwait(false);

    /// <summary>A step that may add a layer. True when it was there already.</summary>
    /// <param name="createdBy">Gets the operation's remark on its sources.</param>
    /// <param name="isForeign">None of the images of <c>--cache-from</c> has the step.</param>
    private async Task<bool> BuildAsync(
        IOperation operation, IReadOnlyList<Digest> otherInputs, Func<string, string> createdBy, BuildStep step, CancellationToken cancellationToken,
        bool isForeign = false)
    {
        var vertex = Vertex.Of(operation, _idle, [Vertex.Of(_draft.ChainId), .. otherInputs.Select(Vertex.Of)]);
        var solver = _session.SolverOf(_stage, _draft, isForeign);
        var solved = await solver.SolveAsync(vertex, Observer(step), cancellationToken).ConfigureAwait(false);
        if (solved.Cached)
        {
            Progress.Cached(step);
        }

        Take(createdBy(solved.Result.Comment), solved.Result);
        return solved.Cached;
    }

    private bool TryImport(string createdBy, BuildStep step)
    {
        if (_session.FindImported(_draft, createdBy) is not { } imported)
        {
            return false;
        }

        Progress.Cached(step);
        Take(createdBy, imported);
        return true;
    }

    private void Take(string createdBy, LayerResult result)
    {
        var before = _draft.ChainId;
        _draft.Add(createdBy, result.Created, result.DiffId);
        _idle = _draft.ChainId == before ? _idle + 1 : 0;
        _position = new KeyBuilder("step").Add(_position).Add(createdBy).Add(_draft.ChainId).Build();
    }

    /// <summary>Docker makes a container for these steps too; clients that read the transcript expect to be told.</summary>
    private void TellContainer(BuildStep step)
    {
        var id = LayerMaker.NewId();
        Progress.ContainerStarted(step, id);
        if (!IsQuietAboutRemoval)
        {
            Progress.ContainerRemoved(step, id);
        }
    }

    private static string FirstLine(string text) => text.IndexOf('\n', StringComparison.Ordinal) is var end and >= 0 ? text[..end] : text;

    private static string Summary(string heredoc)
    {
        var text = heredoc.Trim();
        var first = FirstLine(text);
        return first.Length < text.Length ? first.TrimEnd('\r') + "..." : first;
    }

    private StepObserver Observer(BuildStep step) => new(Progress, step);

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
