using Gantry.Engine.Containers.Bundles;
using Gantry.Logs;
using Gantry.Logs.Drivers;

namespace Gantry.Engine.Containers.Logs;

/// <summary>
/// Sends one container's log on to its log server: reads the file that the monitor writes, from where the last entry was sent, until the container has
/// ended and all is sent.
/// </summary>
internal sealed class LogShipper(EngineCore core, Container container, ILogDestination destination, bool isConnected)
{
    private readonly string _path = LogSettings.PathOf(core, container.Record);
    private bool _isConnected = isConnected;

    /// <param name="ended">Completes when the container has ended.</param>
    internal async Task RunAsync(Task ended, CancellationToken stop)
    {
        await using var owned = destination.ConfigureAwait(false);
        using var position = ShippedPosition.Open(_path);
        var query = new LogQuery
        {
            Since = position.Value == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks(position.Value / 100),
            Follow = true,
        };
        var entries = new LogReader(_path).ReadAsync(query, ended, stop);
        var limit = LogDrivers.BufferSize(LogSettings.Options(container.Record)) ?? destination.Policy.QueueLimit;
        if (limit is null)
        {
            await foreach (var batch in entries.ConfigureAwait(false))
            {
                await DeliverAsync([.. batch.Where(e => e.Timestamp > position.Value)], position, stop).ConfigureAwait(false);
            }

            return;
        }

        await ThroughQueueAsync(entries, new LogQueue(limit.Value), position, stop).ConfigureAwait(false);
    }

    private async Task ThroughQueueAsync(IAsyncEnumerable<IReadOnlyList<LogEntry>> entries, LogQueue queue, ShippedPosition position, CancellationToken stop)
    {
        var begin = position.Value;
        var sending = SendQueuedAsync(queue, position, stop);
        try
        {
            await foreach (var batch in entries.ConfigureAwait(false))
            {
                foreach (var entry in batch.Where(e => e.Timestamp > begin))
                {
                    queue.Add(entry);
                }
            }
        }
        finally
        {
            queue.End();
            await sending.ConfigureAwait(false);
        }

        if (queue.Dropped > 0)
        {
            core.Log.Warn("log entries were dropped because the log server was too slow", ("container", container.Id), ("entries", queue.Dropped));
        }
    }

    private async Task SendQueuedAsync(LogQueue queue, ShippedPosition position, CancellationToken stop)
    {
        while (await queue.TakeAsync(stop).ConfigureAwait(false) is { Count: > 0 } batch)
        {
            await DeliverAsync(batch, position, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Offers a batch until it is taken, or as often as the destination's policy says.</summary>
    private async Task DeliverAsync(IReadOnlyList<LogEntry> batch, ShippedPosition position, CancellationToken stop)
    {
        if (batch.Count == 0)
        {
            return;
        }

        var wait = destination.Policy.FirstWait;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (!_isConnected)
                {
                    await destination.ConnectAsync(stop).ConfigureAwait(false);
                    _isConnected = true;
                }

                await destination.SendAsync(batch, stop).ConfigureAwait(false);
                break;
            }
            catch (LogDestinationException e)
            {
                _isConnected = false;
                if (attempt == 1)
                {
                    core.Log.Warn("a log server doesn't take entries", ("container", container.Id), ("error", e.Message));
                }

                if (attempt >= destination.Policy.MaxAttempts)
                {
                    core.Log.Error("log entries are given up", ("container", container.Id), ("entries", batch.Count), ("error", e.Message));
                    break;
                }
            }

            await Task.Delay(wait, stop).ConfigureAwait(false);
            wait = wait + wait < destination.Policy.LongestWait ? wait + wait : destination.Policy.LongestWait;
        }

        position.Store(batch[^1].Timestamp);
    }
}
