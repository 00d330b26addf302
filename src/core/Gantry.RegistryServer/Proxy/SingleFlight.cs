namespace Gantry.RegistryServer.Proxy;

/// <summary>Work that many may ask for at once and that is done once; it goes on when they leave.</summary>
internal sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Task<TResult>> _running = [];

    internal Task<TResult> RunAsync(TKey key, Func<Task<TResult>> work)
    {
        lock (_lock)
        {
            if (!_running.TryGetValue(key, out var task))
            {
                _running[key] = task = Task.Run(work);
                _ = ForgetAsync(key, task);
            }

            return task;
        }
    }

    private async Task ForgetAsync(TKey key, Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            _running.Remove(key);
        }
    }
}
