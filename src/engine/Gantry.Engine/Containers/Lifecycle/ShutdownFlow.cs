namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>
/// Stops every container of an engine without <c>live-restore</c>: when it ends in order, and when it starts and finds some that a killed one
/// left running (docs/design/engine-exit.md).
/// </summary>
internal sealed class ShutdownFlow(EngineCore core, StopFlow stop)
{
    /// <summary>What a container's own stop timeout is given on top, for its exit to be dealt with.</summary>
    private const int Grace = 5;

    /// <summary>Returns when all have ended, or when their time is over. Restart policies are quiet by then, and act again at the next start.</summary>
    internal async Task StopAllAsync()
    {
        core.Log.Debug($"daemon configured with a {core.Settings.ShutdownTimeout} seconds minimum shutdown timeout");
        var running = core.Containers.All().Where(c => c.State.IsActive).ToList();
        var all = Task.WhenAll(running.Select(StopAsync));
        try
        {
            await all.WaitAsync(Patience(running)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            core.Log.Error("containers did not stop in time", ("containers", running.Count(c => c.State.IsActive)));
        }
    }

    private TimeSpan Patience(IReadOnlyList<Container> running)
    {
        var timeouts = running.Select(stop.TimeoutOf).ToList();
        return core.Settings.ShutdownTimeout < 0 || timeouts.Any(t => t < 0)
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromSeconds(timeouts.Select(t => t + Grace).Append(core.Settings.ShutdownTimeout).Max());
    }

    private async Task StopAsync(Container container)
    {
        try
        {
            // What a policy wants back is brought back by the engine's next start, not by this exit.
            container.Restarting = container.Record.HostConfig.AutoRemove != true;
            await stop.EndAsync(container, string.Empty, timeout: null, byUser: false).ConfigureAwait(false);
            core.Publish(container, "stop");
        }
        catch (Exception e)
        {
            core.Log.Error("stopping a container failed", ("container", container.Id), ("error", e.Message));
        }
        finally
        {
            container.Restarting = false;
        }
    }
}
