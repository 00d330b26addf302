using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.Logs.Plugins;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Logs.Drivers;

namespace Gantry.Engine.Containers.Logs;

/// <summary>Sends the logs of containers with remote log drivers on (docs/design/log-drivers.md).</summary>
internal sealed class LogShipping(EngineCore core, LogPlugins plugins)
{
    /// <summary>How long a removal waits for entries that are still to be sent; as long as Docker waits for its loggers.</summary>
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(10);

    /// <summary>Connects to the log server of a container that is about to start. Null: it has none, or may start without it.</summary>
    /// <exception cref="GantryException">Internal in Docker's words: wrong options, or it doesn't answer.</exception>
    internal async Task<ILogDestination?> OpenAsync(ContainerRecord record)
    {
        if (!LogDrivers.IsRemote(LogSettings.Driver(record)))
        {
            return null;
        }

        ILogDestination? destination = null;
        try
        {
            destination = plugins.CreateDestination(LogSettings.Driver(record), record, LogSettings.Subject(record));
            if (!destination.Policy.StartsUnconnected)
            {
                await destination.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
                return destination;
            }
        }
        catch (Exception e) when (e is LogDestinationException or GantryException)
        {
            await DisposeAsync(destination).ConfigureAwait(false);
            throw LogSettings.Failed(e.Message, e);
        }

        await DisposeAsync(destination).ConfigureAwait(false);
        return null;
    }

    internal static ValueTask DisposeAsync(ILogDestination? destination) => destination?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>
    /// Begins to send: of one that runs until it has ended, of another what is left. The caller holds the container's gate. Nothing happens without a
    /// remote driver.
    /// </summary>
    /// <param name="destination">Connected already; it belongs to the shipping now. Null: it is connected when there is something to send.</param>
    internal void Begin(Container container, ILogDestination? destination)
    {
        var driver = LogSettings.Driver(container.Record);
        if (!LogDrivers.IsRemote(driver))
        {
            return;
        }

        var stop = CancellationTokenSource.CreateLinkedTokenSource(core.Stopping.Token);
        var ended = container.State.IsActive ? container.Waiters.Add(WaitCondition.NextExit, stop.Token) : Task.CompletedTask;
        var previous = container.Shipping?.Work ?? Task.CompletedTask;
        container.Shipping = new Shipping(stop, Task.Run(() => RunAsync(container, destination, previous, ended, stop.Token)));
    }

    /// <summary>Waits until all is sent, or so long that it must be given up. The container has ended; the caller holds its gate.</summary>
    internal async Task EndAsync(Container container)
    {
        if (!LogDrivers.IsRemote(LogSettings.Driver(container.Record)) || !container.State.StartedBefore)
        {
            return;
        }

        if (container.Shipping is null)
        {
            Begin(container, null);
        }

        var (stop, work) = container.Shipping!;
        try
        {
            await work.WaitAsync(s_endLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            core.Log.Warn("a removed container's log could not be sent to its end", ("container", container.Id));
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        container.Shipping = null;
        stop.Dispose();
    }

    private async Task RunAsync(Container container, ILogDestination? destination, Task previous, Task ended, CancellationToken stop)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            var record = container.Record;
            var to = destination ?? plugins.CreateDestination(LogSettings.Driver(record), record, LogSettings.Subject(record));
            await new LogShipper(core, container, to, isConnected: destination is not null).RunAsync(ended, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            core.Log.Debug("sending a log ends", ("container", container.Id));
        }
        catch (Exception e)
        {
            core.Log.Error("sending a log failed", ("container", container.Id), ("error", e));
        }
    }
}

/// <summary>A container's log on its way.</summary>
internal sealed record Shipping(CancellationTokenSource Stop, Task Work);
