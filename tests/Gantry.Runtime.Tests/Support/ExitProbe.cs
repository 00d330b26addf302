using System.Collections.Concurrent;

namespace Gantry.Runtime.Tests.Support;

/// <summary>Listens to a service's exits and waits for particular ones.</summary>
internal sealed class ExitProbe
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string, string?), TaskCompletionSource<TaskExit>> _exits = new();

    public ExitProbe(ITaskService service) => service.OnExit = exit =>
    {
        All.Enqueue(exit);
        Source(exit.Id, exit.ExecId).TrySetResult(exit);
        return Task.CompletedTask;
    };

    public ConcurrentQueue<TaskExit> All { get; } = new();

    public Task<TaskExit> WaitAsync(string id, string? execId = null) => Source(id, execId).Task.WaitAsync(s_limit);

    private TaskCompletionSource<TaskExit> Source(string id, string? execId) =>
        _exits.GetOrAdd((id, execId), _ => new TaskCompletionSource<TaskExit>(TaskCreationOptions.RunContinuationsAsynchronously));
}
