using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>
/// Calls <see cref="ITaskService.OnExit"/>: one after the other for a container and its execs, side by side for different containers.
/// While tasks are being restored nothing is delivered: the caller is told with the list.
/// </summary>
internal sealed class ExitDelivery(TaskService service)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _tails = [];
    private bool _open;

    /// <summary>Starts delivery, with <paramref name="snapshot"/> taken at the same instant: an exit is in it or will be delivered, never both.</summary>
    public T Open<T>(Func<T> snapshot)
    {
        lock (_lock)
        {
            _open = true;
            return snapshot();
        }
    }

    /// <summary>Notes a process's end and has it delivered.</summary>
    public void End(TaskEntry entry, ProcessRecord record)
    {
        lock (_lock)
        {
            entry.End(record);
            var exit = entry.Exit.Result;
            Enqueue(exit.Id, () => service.DeliverAsync(exit));
        }
    }

    public void EnqueueOom(string id) => Enqueue(id, () => service.OnOom?.Invoke(id) ?? Task.CompletedTask);

    /// <summary>Waits for the calls under way.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            _open = false;
            return Task.WhenAll(_tails.Values);
        }
    }

    private void Enqueue(string id, Func<Task> call)
    {
        lock (_lock)
        {
            if (!_open)
            {
                return;
            }

            var previous = _tails.GetValueOrDefault(id, Task.CompletedTask);
            var tail = Task.Run(() => RunAsync(previous, call));
            _tails[id] = tail;
            _ = tail.ContinueWith(_ => Forget(id, tail), TaskScheduler.Default);
        }
    }

    private static async Task RunAsync(Task previous, Func<Task> call)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await call().ConfigureAwait(false);
    }

    private void Forget(string id, Task tail)
    {
        lock (_lock)
        {
            if (_tails.GetValueOrDefault(id) == tail)
            {
                _tails.Remove(id);
            }
        }
    }
}
