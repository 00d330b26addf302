using Gantry.Engine.Containers.Checkpoints;
using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.Logs;
using Gantry.Engine.Containers.Logs.Plugins;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.Networking;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Plugins;
using Gantry.Errors;
using Gantry.Networks;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>
/// Takes over what an earlier engine left, however it ended: running containers go on, exits that nobody saw are dealt with, half-made things
/// go away (docs/flows/run.md, "After a restart").
/// </summary>
internal sealed class RestoreFlow(EngineCore core, PluginService plugins, ExitFlow exits, RemoveFlow removals, StartFlow start, NetworkUse networks, ImageMounts images, HealthMonitor health, LogPlugins logPlugins, LogShipping shipping, CheckpointFlow checkpoints)
{
    /// <summary>How long the first clients wait for what restart policies want.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Returns when the API may answer. Removals that were under way are finished behind it.</summary>
    internal async Task RestoreAsync(CancellationToken cancellationToken)
    {
        Load();
        var tasks = await core.Parts.Tasks.RestoreAsync(cancellationToken).ConfigureAwait(false);
        var inits = tasks.Where(t => t.ExecId is null).ToDictionary(t => t.Id);

        // First of all: containers and networks need their drivers.
        await plugins.RestoreAsync(inits, cancellationToken).ConfigureAwait(false);
        logPlugins.ValidateDefault();
        var live = inits.Values.Where(t => t.Phase == TaskPhase.Running && core.Containers.TryGet(t.Id, out _)).ToList();
        await core.Parts.Networks.RestoreAsync(
            [.. live.Select(t => new SandboxRestore { ContainerId = t.Id, Pid = t.Pid })], cancellationToken).ConfigureAwait(false);
        foreach (var task in tasks)
        {
            await health.EndLeftOverAsync(task).ConfigureAwait(false);
        }

        await EndOrphansAsync(inits.Values, cancellationToken).ConfigureAwait(false);
        foreach (var container in core.Containers.All())
        {
            try
            {
                // Behind the first clients: the runtime may be at it for long.
                _ = Task.Run(() => checkpoints.FinishLeftAsync(container), CancellationToken.None);
                await AdoptAsync(container, inits.GetValueOrDefault(container.Id)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is GantryException or Linux.LinuxException or IOException)
            {
                // One container in trouble must not cost the others their engine.
                core.Log.Error("a container could not be restored", ("container", container.Id), ("error", e.Message));
            }
        }

        networks.AllowLinks();
        RemoveOrphans();
        await SendLeftLogsAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Starts what the restart policies want, at once where none needs another (<see cref="BootOrder"/>), and waits for it, so that the engine's first clients find it running as dockerd's do. A start
    /// that takes long goes on behind this.
    /// </summary>
    internal async Task ApplyPoliciesAsync(CancellationToken cancellationToken)
    {
        var wanted = core.Containers.All()
            .Where(c => !c.State.IsActive && c.State.Phase != ContainerPhase.Removing)
            .Where(c => RestartPolicies.ShouldStartAtBoot(c.Record.HostConfig.RestartPolicy, c.State));
        var starts = BootOrder.StartAsync(wanted, core.Containers, StartAtBootAsync, cancellationToken);
        try
        {
            await starts.WaitAsync(s_patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            core.Log.Warn("some containers take long to start");
        }
    }

    private void Load()
    {
        foreach (var (_, record) in core.Records.All())
        {
            var container = new Container(record) { HoldsResources = true };
            core.Containers.Add(container);
        }
    }

    private async Task AdoptAsync(Container container, TaskState? task)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            if (task is { Phase: TaskPhase.Running })
            {
                Continue(container, task);
                return;
            }
        }

        if (task is { Exit: { } exit })
        {
            await EndAsync(container, exit).ConfigureAwait(false);
        }
        else if (container.State.IsActive)
        {
            // A reboot: nobody can say how it ended.
            await EndAsync(container, new TaskExit
            {
                Id = container.Id,
                Pid = container.State.Pid,
                ExitCode = 255,
                ExitedAt = DateTimeOffset.UtcNow,
                ExitCodeKnown = false,
            }).ConfigureAwait(false);
        }
        else
        {
            await TidyAsync(container).ConfigureAwait(false);
        }
    }

    /// <summary>Running: recorded so or, when the engine was killed between start and record, not yet.</summary>
    private void Continue(Container container, TaskState task)
    {
        if (!container.State.IsActive || container.State.Pid != task.Pid)
        {
            core.UpdateState(container, s => s with
            {
                Phase = s.Phase == ContainerPhase.Paused ? s.Phase : ContainerPhase.Running,
                Pid = task.Pid,
                StartedAt = task.StartedAt,
                StartedBefore = true,
                Error = string.Empty,
                ExitCode = 0,
                Health = HealthRules.Started(s.Health, HealthSettings.Of(container.Record.Config) is not null),
            });
        }

        foreach (var mount in container.Record.Mounts.Where(m => m.Type == "volume"))
        {
            core.Parts.Volumes.Readopt(mount.Name, container.Id);
        }

        shipping.Begin(container, null);

        if (container.State.Phase == ContainerPhase.Running)
        {
            // Nobody has looked at it for a while.
            if (container.State.Health is { } before && before != HealthRules.Started(before, hasCheck: true))
            {
                core.UpdateState(container, s => s with { Health = HealthRules.Started(s.Health, hasCheck: true) });
            }

            health.Begin(container);
        }
    }

    private async Task EndAsync(Container container, TaskExit exit)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            core.UpdateState(container, s => s with
            {
                Phase = s.IsActive ? s.Phase : ContainerPhase.Running,
                Pid = exit.Pid,
                StartedAt = s.StartedAt ?? exit.ExitedAt,
                StartedBefore = true,
            });
        }

        await exits.HandleAsync(exit).ConfigureAwait(false);
    }

    /// <summary>A container that didn't run: what a start or removal left half done. One with --rm goes even if it was never started: whoever made it is gone too.</summary>
    private async Task TidyAsync(Container container)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            await start.ReleaseAsync(container).ConfigureAwait(false);
        }

        if (container.State.Phase == ContainerPhase.Removing || container.Record.HostConfig.AutoRemove == true)
        {
            _ = Task.Run(() => removals.AutoRemoveAsync(container));
        }
    }

    /// <summary>What containers had written before they ended, and no engine was there to send on.</summary>
    private async Task SendLeftLogsAsync()
    {
        foreach (var container in core.Containers.All())
        {
            using (await container.Gate.AcquireAsync().ConfigureAwait(false))
            {
                if (!container.State.IsActive && container.State.StartedBefore && container.Shipping is null)
                {
                    shipping.Begin(container, null);
                }
            }
        }
    }

    /// <summary>Processes of containers that were never recorded.</summary>
    private async Task EndOrphansAsync(IEnumerable<TaskState> tasks, CancellationToken cancellationToken)
    {
        foreach (var task in tasks.Where(t => !core.Containers.TryGet(t.Id, out _) && !plugins.Owns(t.Id)))
        {
            core.Log.Warn("ending a container without a record", ("container", task.Id));
            try
            {
                if (task.Phase == TaskPhase.Running)
                {
                    await core.Parts.Tasks.KillAllAsync(task.Id, Signals.Kill, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await core.Parts.Tasks.DeleteAsync(task.Id, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (GantryException e)
            {
                // It ended by itself at the same time, or can't be ended: neither keeps the engine from starting.
                core.Log.Warn("a container without a record could not be ended", ("container", task.Id), ("error", e.Message));
            }
        }
    }

    /// <summary>Layers, mounts and directories of containers that were never recorded.</summary>
    private void RemoveOrphans()
    {
        foreach (var id in Names(core.Paths.Bundles).Where(id => !core.Containers.TryGet(id, out var c) || !c.State.IsActive))
        {
            images.UnmountAll(id);
            core.Parts.Layers.Unmount(core.Paths.Rootfs(id));
            Directories.Remove(core.Paths.Bundle(id));
        }

        foreach (var id in Names(core.Paths.Inspections))
        {
            core.Parts.Layers.Unmount(core.Paths.Inspection(id));
            Directories.Remove(core.Paths.Inspection(id));
        }

        foreach (var layer in core.Parts.Layers.ContainerLayers().Where(l => !core.Containers.TryGet(ImageMounts.OwnerOf(l.Id), out _) && !plugins.Owns(l.Id)))
        {
            core.Parts.Layers.RemoveContainerLayer(layer.Id);
        }

        foreach (var id in Names(core.Paths.Containers).Where(id => !core.Containers.TryGet(id, out _)))
        {
            Directories.Remove(core.Paths.Container(id));
        }

    }

    private async Task StartAtBootAsync(Container container)
    {
        try
        {
            using (await container.Gate.AcquireAsync(core.Stopping.Token).ConfigureAwait(false))
            {
                if (!container.State.IsActive && !container.IsRemoving)
                {
                    await start.StartLockedAsync(container, s => s with { StoppedByUser = false }).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e)
        {
            core.Log.Error("failed to start container", ("container", container.Id), ("error", e.Message));
        }
    }

    private static IReadOnlyList<string> Names(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateDirectories(directory).Select(d => Path.GetFileName(d)!).ToList() : [];
}
