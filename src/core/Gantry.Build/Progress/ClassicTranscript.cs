namespace Gantry.Build;

/// <summary>Where a classic transcript goes: the JSON stream of <c>POST /build</c>. Called by one thread at a time.</summary>
public interface ITranscriptOutput
{
    /// <summary>A piece of text: <c>{"stream":...}</c>.</summary>
    void Text(string text);

    /// <summary>A stage's image id: <c>{"aux":{"ID":...}}</c>.</summary>
    void Image(string imageId);

    /// <summary>A message of a pull.</summary>
    void Pull(PullStatus status);
}

/// <summary>
/// Tells a build as the classic builder does, one stage after the other: what later stages say while an earlier one goes on is held back.
/// Wording and order are compared with recordings of a real engine in the tests.
/// </summary>
public sealed class ClassicTranscript(ITranscriptOutput output) : IBuildProgress
{
    private const string Red = "\u001b[91m";
    private const string Plain = "\u001b[0m";

    /// <summary>Characters held back for one stage; what is more is cut, with a remark.</summary>
    private const int MaxHeld = 16 << 20;
    private const int ShortId = 12;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, HeldStage> _held = [];
    private readonly HashSet<int> _finished = [];
    private readonly StepDecoding _decoding = new();
    private IReadOnlyList<int> _order = [];
    private bool _failed;

    public void Warning(string message, bool isError)
    {
        lock (_lock)
        {
            output.Text(isError ? $"{Red}{message}\n{Plain}" : message + "\n");
        }
    }

    public void Planned(IReadOnlyList<int> stages)
    {
        lock (_lock)
        {
            _order = stages;
        }
    }

    /// <summary>The end of the line is a message of its own, as an engine sends it: clients look at the text alone.</summary>
    public void StepStarted(BuildStep step)
    {
        var text = $"Step {step.Number}/{step.Total} : {step.Text}";
        Do(step.Stage, text.Length + 1, () =>
        {
            output.Text(text);
            output.Text("\n");
        });
    }

    public void Note(BuildStep step, string message) => Write(step.Stage, message + "\n");

    public void Pulling(BuildStep step, PullStatus status) => Do(step.Stage, 0, () => output.Pull(status));

    public void Cached(BuildStep step) => Write(step.Stage, " ---> Using cache\n");

    public void ContainerStarted(BuildStep step, string containerId) => Write(step.Stage, $" ---> Running in {containerId[..ShortId]}\n");

    public void Output(BuildStep step, StepStream stream, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            WriteOutput(step, stream, _decoding.Decode(step, stream, data));
        }
    }

    public void ContainerRemoved(BuildStep step, string containerId)
    {
        EndOutput(step);
        Write(step.Stage, $" ---> Removed intermediate container {containerId[..ShortId]}\n");
    }

    public void StepFinished(BuildStep step, string imageId)
    {
        EndOutput(step);
        Write(step.Stage, $" ---> {Short(imageId)}\n");
    }

    public void StepFailed(BuildStep step, Exception error)
    {
        EndOutput(step);
        lock (_lock)
        {
            // Only the first failure is told, with what its stage has said.
            if (!_failed && _held.Remove(step.Stage, out var held))
            {
                held.Release();
            }

            _failed = true;
        }
    }

    public void StageFinished(int stage, string imageId)
    {
        if (imageId.Length > 0)
        {
            Do(stage, 0, () => output.Image(imageId));
        }

        lock (_lock)
        {
            _finished.Add(stage);
            foreach (var next in _order.SkipWhile(_finished.Contains).Take(1).Concat(_order.TakeWhile(_finished.Contains)).Order().ToList())
            {
                if (_held.Remove(next, out var held))
                {
                    held.Release();
                }
            }
        }
    }

    /// <summary>The last lines of a build that went well.</summary>
    public void Finished(BuildResult result)
    {
        lock (_lock)
        {
            output.Text($"Successfully built {Short(result.ImageId.ToString())}\n");
            foreach (var name in result.Names)
            {
                output.Text($"Successfully tagged {name}\n");
            }
        }
    }

    private static string Short(string imageId)
    {
        var hex = imageId[(imageId.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return hex.Length > ShortId ? hex[..ShortId] : hex;
    }

    private void EndOutput(BuildStep step)
    {
        lock (_lock)
        {
            WriteOutput(step, StepStream.Output, _decoding.End(step, StepStream.Output));
            WriteOutput(step, StepStream.Error, _decoding.End(step, StepStream.Error));
        }
    }

    private void WriteOutput(BuildStep step, StepStream stream, string text)
    {
        if (text.Length > 0)
        {
            Write(step.Stage, stream == StepStream.Error ? Red + text + Plain : text);
        }
    }

    private void Write(int stage, string text) => Do(stage, text.Length, () => output.Text(text));

    private void Do(int stage, int length, Action action)
    {
        lock (_lock)
        {
            if (_failed)
            {
                return;
            }

            if (stage >= 0 && !_order.TakeWhile(s => s != stage).All(_finished.Contains))
            {
                if (!_held.TryGetValue(stage, out var held))
                {
                    _held[stage] = held = new HeldStage(() => output.Text("[output clipped]\n"));
                }

                held.Add(length, action);
                return;
            }

            action();
        }
    }

    private sealed class HeldStage(Action clipped)
    {
        private readonly List<Action> _actions = [];
        private long _length;
        private bool _isClipped;

        internal void Add(int length, Action action)
        {
            _length += length;
            if (_length <= MaxHeld || length == 0)
            {
                _actions.Add(action);
            }
            else if (!_isClipped)
            {
                _isClipped = true;
                _actions.Add(clipped);
            }
        }

        internal void Release() => _actions.ForEach(a => a());
    }
}
