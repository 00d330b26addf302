using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Exec;
using Gantry.Errors;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.HealthChecks;

/// <summary>
/// Probes running containers and keeps their health (docs/design/health.md). One loop per checked container that sleeps on a timer between
/// probes; it holds the container's gate only while it stores a result.
/// </summary>
internal sealed class HealthMonitor(EngineCore core, ExecService execs)
{
    /// <summary>Begins to probe if the container has a check. The caller holds the container's gate; it runs and nobody probes it.</summary>
    internal void Begin(Container container)
    {
        if (HealthSettings.Of(container.Record.Config) is not { } settings)
        {
            return;
        }

        var stop = CancellationTokenSource.CreateLinkedTokenSource(core.Stopping.Token);
        container.Probing = new Probing(stop, Task.Run(() => RunAsync(container, settings, stop.Token)));
    }

    /// <summary>Ends the probing; the task ends when a probe that was under way is gone too. The caller holds the container's gate.</summary>
    internal async Task EndAsync(Container container)
    {
        if (container.Probing is { } probing)
        {
            container.Probing = null;
            await probing.Stop.CancelAsync().ConfigureAwait(false);
            await probing.Loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            probing.Stop.Dispose();
        }
    }

    /// <summary>Ends the probing of a container that has ended. Its probes end with it and are told of only after it: nothing is waited for.</summary>
    internal void Abandon(Container container)
    {
        if (container.Probing is { } probing)
        {
            container.Probing = null;
            probing.Stop.Cancel();
            _ = probing.Loop.ContinueWith(_ => probing.Stop.Dispose(), TaskScheduler.Default);
        }
    }

    /// <summary>Ends a probe that an earlier engine left: nobody watches its time any more. Other execs are let alone.</summary>
    internal async Task EndLeftOverAsync(TaskState task)
    {
        if (task.ExecId is { } id && Ids.IsProbe(id) && task.Phase == TaskPhase.Running)
        {
            try
            {
                await core.Parts.Tasks.KillAsync(task.Id, id, Signals.Kill, CancellationToken.None).ConfigureAwait(false);
            }
            catch (GantryException e)
            {
                core.Log.Debug("a left over health check has ended", ("container", task.Id), ("error", e.Message));
            }
        }
    }

    private async Task RunAsync(Container container, HealthSettings settings, CancellationToken stop)
    {
        var probe = new HealthProbe(core, execs, container, settings);
        try
        {
            while (true)
            {
                var state = container.State;
                await Task.Delay(HealthRules.Wait(state.Health?.Status, settings, DateTimeOffset.UtcNow - (state.StartedAt ?? default)), stop).ConfigureAwait(false);
                var result = await probe.RunAsync(stop).ConfigureAwait(false);
                core.Metrics.HealthChecked(failed: result.ExitCode != 0);
                await StoreAsync(container, settings, result, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            core.Log.Debug("health checks end", ("container", container.Id));
        }
        catch (Exception e)
        {
            core.Log.Error("health checks of a container failed", ("container", container.Id), ("error", e));
        }
    }

    private async Task StoreAsync(Container container, HealthSettings settings, HealthResult result, CancellationToken stop)
    {
        using (await container.Gate.AcquireAsync(stop).ConfigureAwait(false))
        {
            stop.ThrowIfCancellationRequested();
            var before = container.State.Health ?? HealthRules.Started(null, hasCheck: true)!;
            var after = HealthRules.After(before, result, settings, container.State.StartedAt ?? default);
            if (after.Status == before.Status)
            {
                // Results alone aren't worth a write; the next change of state takes them along.
                container.Set(container.Record with { State = container.State with { Health = after } });
                return;
            }

            core.UpdateState(container, s => s with { Health = after });
            core.Publish(container, "health_status: " + after.Status);
        }
    }
}

/// <summary>A container's loop of probes.</summary>
internal sealed record Probing(CancellationTokenSource Stop, Task Loop);
