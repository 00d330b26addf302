namespace Gantry.Build.Steps;

/// <summary>Mounts ready for a step, and what has to be undone after it.</summary>
internal sealed class ResolvedMounts : IAsyncDisposable
{
    private readonly List<StepMount> _mounts = [];
    private readonly Stack<Action> _undo = new();

    public IReadOnlyList<StepMount> Mounts => _mounts;

    /// <summary><c>NAME=value</c> that mounts add to the step's environment.</summary>
    public List<string> Environment { get; } = [];

    /// <summary>SSH agents so far.</summary>
    public int Agents { get; set; }

    public void Add(StepMount mount) => _mounts.Add(mount);

    public void OnDispose(Action undo) => _undo.Push(undo);

    public void OnDispose(IDisposable disposable) => _undo.Push(disposable.Dispose);

    public ValueTask DisposeAsync()
    {
        while (_undo.TryPop(out var undo))
        {
            undo();
        }

        return ValueTask.CompletedTask;
    }
}
