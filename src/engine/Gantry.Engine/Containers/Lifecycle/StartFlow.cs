using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.Checkpoints;
using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.Logs;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.Networking;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Logs.Drivers;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>Starts a container: steps 7 to 12 of docs/flows/run.md.</summary>
internal sealed class StartFlow(
    EngineCore core, NetworkUse networks, VolumeUse volumes, RootfsUse rootfs, SubpathMounts subpaths, ImageMounts images, BundleWriter bundles, HealthMonitor health, LogShipping shipping,
    CheckpointFolders checkpoints)
{
    private const int NeverRan = 128;

    /// <summary>Called when a failed start of a container that removes itself should remove it.</summary>
    internal Func<Container, Task>? OnAbandoned { get; set; }

    /// <summary>A client's start.</summary>
    /// <param name="checkpoint">Restore this; empty starts the container's program.</param>
    /// <param name="checkpointFolder">Forbidden, as Docker has it, unless empty.</param>
    /// <exception cref="GantryException">NotModified: it runs. Conflict: its state forbids it. Otherwise why it did not start.</exception>
    internal async Task StartAsync(Container container, string checkpoint = "", string checkpointFolder = "")
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            CheckStartable(container);
            if (checkpointFolder.Length > 0)
            {
                throw new GantryException(ErrorKind.Forbidden, "custom checkpointdir is not supported");
            }

            var restored = checkpoint.Length > 0 ? FindCheckpoint(container, checkpoint) : null;
            container.CancelPendingRestart();
            container.RestartDelay = TimeSpan.Zero;
            await StartLockedAsync(container, s => s with { RestartCount = 0, StoppedByUser = false }, restored).ConfigureAwait(false);
        }
    }

    /// <summary>The start itself. The caller holds the container's gate and has checked its state.</summary>
    /// <param name="reset">What a successful start changes in the state beside the obvious.</param>
    /// <param name="checkpoint">Directory of the checkpoint to restore, or null.</param>
    internal async Task StartLockedAsync(Container container, Func<ContainerStateRecord, ContainerStateRecord> reset, string? checkpoint = null)
    {
        core.Parts.Tasks.ExpectStart(more: true);
        var record = container.Record;
        TaskState task;
        Task<ILogDestination?>? log = null;
        container.HoldsResources = true;
        try
        {
            // Step 7: what doesn't depend on each other runs at once.
            var network = Task.Run(() => networks.JoinAsync(record, CancellationToken.None));
            var mounts = Task.Run(() => PrepareMounts(record));
            log = shipping.OpenAsync(record);
            await Task.WhenAll(network, mounts, log).ConfigureAwait(false);
            var bundle = new BundleInputs(record, await network.ConfigureAwait(false), await mounts.ConfigureAwait(false));

            // Step 8: the bundle. Step 9: the monitor runs it.
            var spec = bundles.Write(bundle) with { Checkpoint = checkpoint is null ? null : CheckpointFolders.Prepare(checkpoints.RestoreWork(record.Id), checkpoint) };
            task = await core.Parts.Tasks.StartAsync(spec, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (log is { IsCompletedSuccessfully: true })
            {
                await LogShipping.DisposeAsync(await log.ConfigureAwait(false)).ConfigureAwait(false);
            }

            await FailAsync(container, e).ConfigureAwait(false);
            throw;
        }

        // Step 10: it runs. Its exit may be here already; the exit flow waits for the gate.
        core.UpdateState(container, s => reset(s) with
        {
            Phase = ContainerPhase.Running,
            Pid = task.Pid,
            StartedAt = task.StartedAt,
            ExitCode = 0,
            Error = string.Empty,
            OomKilled = false,
            StartedBefore = true,
            Health = HealthRules.Started(s.Health, HealthSettings.Of(record.Config) is not null),
        });
        shipping.Begin(container, await log.ConfigureAwait(false));
        core.Publish(container, "start");
        health.Begin(container);
    }

    private static void CheckStartable(Container container)
    {
        switch (container.State.Phase)
        {
            case ContainerPhase.Paused:
                throw GantryException.Conflict("cannot start a paused container, try unpause instead");
            case ContainerPhase.Running:
                throw new GantryException(ErrorKind.NotModified, "container is already running");
            case ContainerPhase.Removing or ContainerPhase.Dead:
                throw GantryException.Conflict("container is marked for removal and cannot be started");
            default:
                if (container.IsRemoving)
                {
                    throw GantryException.Conflict("container is marked for removal and cannot be started");
                }

                return;
        }
    }

    /// <summary>That there is none is recorded as the reason why the container did not start, with an exit code where it has none yet.</summary>
    private string FindCheckpoint(Container container, string checkpoint)
    {
        try
        {
            var path = checkpoints.Find(container.Id, $"/{container.Name}", string.Empty, checkpoint);
            core.Runtimes.CheckCheckpoints(core.Settings, container.Record.HostConfig.Runtime);
            CheckpointManifest.Check(path, $"checkpoint {checkpoint} of container /{container.Name}");
            return path;
        }
        catch (GantryException e)
        {
            core.UpdateState(container, s => s with { Error = e.Message, ExitCode = s.ExitCode == 0 ? NeverRan : s.ExitCode });
            throw;
        }
    }

    private IReadOnlyList<PreparedMount> PrepareMounts(ContainerRecord record)
    {
        rootfs.Mount(record);
        return record.Mounts.Select((m, i) => Prepare(record, m, i)).ToList();
    }

    private PreparedMount Prepare(ContainerRecord record, ContainerMount mount, int index)
    {
        switch (mount.Type)
        {
            case "volume":
                var path = volumes.Acquire(record, mount);
                return new PreparedMount(mount, mount.Subpath.Length == 0 ? path : subpaths.Mount(record.Id, index, path, mount.Subpath));
            case "image":
                var image = images.Mount(record, index);
                return new PreparedMount(mount, mount.Subpath.Length == 0 ? image : subpaths.Mount(record.Id, index, image, mount.Subpath));
            case "bind":
                CheckBindSource(mount);
                return new PreparedMount(mount, mount.Source);
            default:
                return new PreparedMount(mount, string.Empty);
        }
    }

    private void CheckBindSource(ContainerMount mount)
    {
        if (Path.Exists(mount.Source))
        {
            return;
        }

        if (!mount.CreateSource)
        {
            throw GantryException.InvalidArgument($"invalid mount config for type \"bind\": bind source path does not exist: {mount.Source}");
        }

        try
        {
            MakeFolders(mount.Source);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.Internal($"error while creating mount source path '{mount.Source}': {e.Message}", e);
        }
    }

    /// <summary>New ones belong to the root that containers have.</summary>
    private void MakeFolders(string path)
    {
        if (core.Settings.Ids is { } ids && !Directory.Exists(path))
        {
            if (Path.GetDirectoryName(path) is { } parent)
            {
                MakeFolders(parent);
            }

            Directory.CreateDirectory(path);
            ids.GiveToRoot(path);
            return;
        }

        Directory.CreateDirectory(path);
    }

    /// <summary>Takes back everything a failed start made, records why, and removes the container if it removes itself.</summary>
    private async Task FailAsync(Container container, Exception failure)
    {
        var record = container.Record;
        await ReleaseAsync(container).ConfigureAwait(false);
        var code = failure is GantryException g ? TaskStartError.ExitCodeOf(g) : 128;
        core.UpdateState(container, s => s with
        {
            Phase = s.Phase is ContainerPhase.Restarting or ContainerPhase.Running ? ContainerPhase.Exited : s.Phase,
            Pid = 0,
            ExitCode = code,
            Error = failure is LinuxException l ? l.Message : failure.Message,
        });
        if (record.HostConfig.AutoRemove == true && OnAbandoned is { } abandon)
        {
            _ = Task.Run(() => abandon(container));
        }
    }

    /// <summary>Gives back what a started container holds. Each part is idempotent, so this also cleans up after a crash.</summary>
    internal async Task ReleaseAsync(Container container)
    {
        if (!container.HoldsResources)
        {
            return;
        }

        var record = container.Record;
        var network = networks.LeaveAsync(record);
        var task = core.Parts.Tasks.DeleteAsync(record.Id, CancellationToken.None);
        try
        {
            await Task.WhenAll(network, task).ConfigureAwait(false);
        }
        finally
        {
            subpaths.UnmountAll(record.Id);
            images.UnmountAll(record.Id);
            rootfs.Unmount(record);
            volumes.Release(record);
            bundles.Remove(record.Id);
            container.HoldsResources = false;
        }
    }
}
