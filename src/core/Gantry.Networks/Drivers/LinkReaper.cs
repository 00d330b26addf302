using Gantry.Linux;

namespace Gantry.Networks.Drivers;

/// <summary>
/// Sees to it that interfaces of ended containers go. The kernel removes them with the namespace, in the background and in batches, which is
/// ten times cheaper than deleting each one by name; but a stray process may hold the namespace. So each gets a while, and is then deleted.
/// </summary>
internal sealed class LinkReaper(BridgeDriver links, Action<string> warn) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ending = new();
    private List<string> _names = [];
    private Task _round = Task.CompletedTask;
    private bool _running;

    public void Add(IEnumerable<string> names)
    {
        lock (_lock)
        {
            _names.AddRange(names);
            if (_names.Count > 0 && !_running)
            {
                _running = true;
                _round = RunAsync();
            }
        }
    }

    /// <summary>Deletes what is left, now.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _round.ConfigureAwait(false);
        Reap();
        _ending.Dispose();
    }

    /// <summary>Deletes what is left, now, and waits for it.</summary>
    public void Reap()
    {
        List<string> names;
        lock (_lock)
        {
            (names, _names) = (_names, []);
        }

        foreach (var name in names)
        {
            try
            {
                links.Delete(name);
            }
            catch (LinuxException e)
            {
                warn($"can't delete interface {name}: {e.Message}");
            }
        }
    }

    private async Task RunAsync()
    {
        do
        {
            await Task.Delay(s_patience, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Reap();
        }
        while (!IsDone());
    }

    private bool IsDone()
    {
        lock (_lock)
        {
            _running = _names.Count > 0 && !_ending.IsCancellationRequested;
            return !_running;
        }
    }
}
