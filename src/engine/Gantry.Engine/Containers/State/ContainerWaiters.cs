namespace Gantry.Engine.Containers.State;

/// <summary>What <c>wait</c> waits for.</summary>
public enum WaitCondition
{
    /// <summary>Returns at once when the container isn't running.</summary>
    NotRunning = 0,

    NextExit,
    Removed,
}

/// <summary>The end that a waiter was told of.</summary>
/// <param name="Error">Why a removal failed, or null.</param>
public sealed record WaitResult(int ExitCode, string? Error = null);

/// <summary>Those who wait for a container's exit or removal.</summary>
internal sealed class ContainerWaiters
{
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource<WaitResult>> _exit = [];
    private readonly List<TaskCompletionSource<WaitResult>> _removed = [];
    private WaitResult? _removal;

    internal Task<WaitResult> Add(WaitCondition condition, CancellationToken cancellationToken)
    {
        var source = new TaskCompletionSource<WaitResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_removal is not null)
            {
                return Task.FromResult(_removal);
            }

            (condition == WaitCondition.Removed ? _removed : _exit).Add(source);
        }

        return WithCancellationAsync(source, cancellationToken);
    }

    /// <summary>The process ended and will not be started again by its restart policy without a new exit.</summary>
    internal void Exited(int exitCode) => Complete(_exit, new WaitResult(exitCode));

    /// <summary>The container is gone: everybody is told, and whoever comes later too.</summary>
    internal void Removed(int exitCode)
    {
        lock (_lock)
        {
            _removal = new WaitResult(exitCode);
        }

        Complete(_removed, _removal);
        Complete(_exit, _removal);
    }

    /// <summary>A removal went wrong; those who waited for it are told why.</summary>
    internal void RemovalFailed(int exitCode, string error) => Complete(_removed, new WaitResult(exitCode, error));

    private void Complete(List<TaskCompletionSource<WaitResult>> list, WaitResult result)
    {
        TaskCompletionSource<WaitResult>[] all;
        lock (_lock)
        {
            all = [.. list];
            list.Clear();
        }

        foreach (var source in all)
        {
            source.TrySetResult(result);
        }
    }

    private async Task<WaitResult> WithCancellationAsync(TaskCompletionSource<WaitResult> source, CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(static (s, token) => ((TaskCompletionSource<WaitResult>)s!).TrySetCanceled(token), source);
        try
        {
            return await source.Task.ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
            lock (_lock)
            {
                _exit.Remove(source);
                _removed.Remove(source);
            }
        }
    }
}
