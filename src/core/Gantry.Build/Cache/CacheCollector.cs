namespace Gantry.Build.Cache;

/// <summary>Has the cache pruned after builds: a second after one has ended, but not within a minute of the last time.</summary>
internal sealed class CacheCollector : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);
    private readonly Func<CancellationToken, Task> _collect;
    private readonly Action<string> _warn;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private long? _last;
    private bool _isPlanned;

    /// <param name="warn">Told why a collection failed; the next build leads to another.</param>
    internal CacheCollector(Func<CancellationToken, Task> collect, Action<string> warn, TimeProvider time) => (_collect, _warn, _time) = (collect, warn, time);

    /// <summary>A build has ended.</summary>
    internal void Plan()
    {
        TimeSpan wait;
        lock (_lock)
        {
            if (_isPlanned || _stopping.IsCancellationRequested)
            {
                return;
            }

            _isPlanned = true;
            var rest = _last is { } last ? s_pause - _time.GetElapsedTime(last) : TimeSpan.Zero;
            wait = rest > s_delay ? rest : s_delay;
        }

        _ = RunAsync(wait);
    }

    public void Dispose() => _stopping.Cancel();

    private async Task RunAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, _time, _stopping.Token).ConfigureAwait(false);
            lock (_lock)
            {
                (_isPlanned, _last) = (false, _time.GetTimestamp());
            }

            await _collect(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            _warn(e.Message);
        }
    }
}
