using System.Globalization;
using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.State;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>What happens when a container's process has ended: steps 13 to 16 of docs/flows/run.md.</summary>
internal sealed class ExitFlow(EngineCore core, StartFlow start, HealthMonitor health)
{
    /// <summary>Removes a container that removes itself.</summary>
    internal Func<Container, Task>? OnAutoRemove { get; set; }

    internal async Task HandleAsync(TaskExit exit)
    {
        if (!core.Containers.TryGet(exit.Id, out var container))
        {
            await core.Parts.Tasks.DeleteAsync(exit.Id, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            // An exit of an earlier run, told again after a crash.
            if (container.State.IsActive && (container.State.Pid == exit.Pid || container.State.Pid == 0))
            {
                await HandleLockedAsync(container, exit).ConfigureAwait(false);
            }
        }
    }

    private async Task HandleLockedAsync(Container container, TaskExit exit)
    {
        health.Abandon(container);

        // Step 13: give everything back, so that whoever is told of the exit finds ports and mounts free.
        try
        {
            await start.ReleaseAsync(container).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            core.Log.Error("cleaning up after a container failed", ("container", container.Id), ("error", e.Message));
        }

        // Step 14: restart or rest.
        var state = container.State;
        var ran = exit.ExitedAt - (state.StartedAt ?? exit.ExitedAt);
        var restart = !state.StoppedByUser && !container.IsRemoving && !container.Restarting && !core.Stopping.IsCancellationRequested
            && RestartPolicies.ShouldRestart(container.Record.HostConfig.RestartPolicy, exit.ExitCode, state.RestartCount);
        core.UpdateState(container, s => s with
        {
            Phase = restart ? ContainerPhase.Restarting : ContainerPhase.Exited,
            Pid = 0,
            ExitCode = exit.ExitCode,
            OomKilled = exit.OomKilled,
            FinishedAt = exit.ExitedAt,
            Health = HealthRules.Stopped(s.Health),
        });

        // Step 15: tell.

        core.Publish(container, "die",
            ("execDuration", ((long)ran.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
            ("exitCode", exit.ExitCode.ToString(CultureInfo.InvariantCulture)));
        container.Waiters.Exited(exit.ExitCode);

        // Step 16: what follows.
        if (restart)
        {
            ScheduleRestart(container, ran);
        }
        else if (container.Record.HostConfig.AutoRemove == true && !container.Restarting && !container.IsRemoving && OnAutoRemove is { } remove)
        {
            _ = Task.Run(() => remove(container));
        }
    }

    /// <summary>Starts the container again after the policy's wait. The caller holds the gate.</summary>
    internal void ScheduleRestart(Container container, TimeSpan ran)
    {
        var delay = container.RestartDelay = RestartPolicies.NextDelay(container.RestartDelay, ran);
        var pending = CancellationTokenSource.CreateLinkedTokenSource(core.Stopping.Token);
        var token = pending.Token;
        container.SetPendingRestart(pending);
        _ = Task.Run(() => RestartAsync(container, delay, pending, token));
    }

    private async Task RestartAsync(Container container, TimeSpan delay, CancellationTokenSource pending, CancellationToken token)
    {
        try
        {
            await Task.Delay(delay, token).ConfigureAwait(false);
            using (await container.Gate.AcquireAsync(token).ConfigureAwait(false))
            {
                if (token.IsCancellationRequested || container.State.Phase != ContainerPhase.Restarting)
                {
                    return;
                }

                container.EndPendingRestart(pending);
                await start.StartLockedAsync(container, s => s with { RestartCount = s.RestartCount + 1 }).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            core.Log.Debug("pending restart cancelled", ("container", container.Id));
        }
        catch (Exception e)
        {
            core.Log.Error("failed to start container", ("container", container.Id), ("error", e.Message));
            container.Waiters.Exited(container.State.ExitCode);
        }
        finally
        {
            container.EndPendingRestart(pending);
        }
    }
}
