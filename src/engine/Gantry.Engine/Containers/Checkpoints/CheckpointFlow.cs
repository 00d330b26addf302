using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Checkpoints;

/// <summary>Makes, lists and removes checkpoints (docs/design/checkpoints.md).</summary>
internal sealed class CheckpointFlow(EngineCore core, CheckpointFolders folders, HealthMonitor health)
{
    /// <summary>How long an answer waits until the container that was saved is recorded as ended.</summary>
    private static readonly TimeSpan s_exitPatience = TimeSpan.FromSeconds(10);

    /// <param name="called">The name or id that the client used, which errors repeat.</param>
    /// <exception cref="GantryException">In Docker's words. The container goes on.</exception>
    internal async Task CreateAsync(Container container, string called, CheckpointRequest request)
    {
        var leaveRunning = request.Exit != true;
        Task exited;
        using var failed = new CancellationTokenSource();
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            if (container.State.Phase is not (ContainerPhase.Running or ContainerPhase.Paused))
            {
                throw GantryException.Conflict($"container {container.Id} is not running");
            }

            if (PendingCheckpoint.Load(core.Paths.Container(container.Id)) is not null)
            {
                throw GantryException.Conflict($"a checkpoint of container {called} is being made already");
            }

            var name = request.CheckpointID ?? string.Empty;
            CheckpointFolders.CheckName(name);
            var target = folders.Claim(container.Id, called, request.CheckpointDir ?? string.Empty, name);
            exited = leaveRunning ? Task.CompletedTask : container.Waiters.Add(WaitCondition.NextExit, failed.Token);
            try
            {
                // A probe is a process that does not descend from the container's first, which CRIU refuses.
                await health.EndAsync(container).ConfigureAwait(false);
                await SaveAsync(container, called, target, leaveRunning).ConfigureAwait(false);
                ProbeAgain(container, leaveRunning);
            }
            catch
            {
                ProbeAgain(container, isLeft: true);
                await failed.CancelAsync().ConfigureAwait(false);
                throw;
            }

            core.Publish(container, "checkpoint");
        }

        // The exit is dealt with under the gate.
        await Task.WhenAny(exited, Task.Delay(s_exitPatience)).ConfigureAwait(false);
    }

    internal IReadOnlyList<CheckpointSummary> List(Container container, string called, string folder) =>
        [.. folders.List(container.Id, called, folder).Select(name => new CheckpointSummary(name))];

    /// <exception cref="GantryException">Internal, as Docker has it: there is none.</exception>
    internal async Task RemoveAsync(Container container, string called, string folder, string name)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            Directories.Remove(folders.Find(container.Id, called, folder, name));
        }
    }

    /// <summary>
    /// Ends what a killed engine had begun. The runtime may still be at work, for which the gate is not held; when it is done the checkpoint is there, or
    /// nothing of it. A container that was saved and ended is not lost with the engine that wanted it so.
    /// </summary>
    internal async Task FinishLeftAsync(Container container)
    {
        var files = core.Paths.Container(container.Id);
        if (PendingCheckpoint.Load(files) is not { } pending)
        {
            return;
        }

        try
        {
            var images = CheckpointFolders.Unfinished(pending.Target);
            var isComplete = Directory.Exists(images)
                && await core.Parts.Tasks.AwaitCheckpointAsync(container.Id, new CheckpointPaths(images, folders.DumpWork(container.Id))).ConfigureAwait(false);
            using (await container.Gate.AcquireAsync().ConfigureAwait(false))
            {
                await ThawAsync(container).ConfigureAwait(false);
                EndLeft(container, pending.Target, isComplete);
                PendingCheckpoint.Forget(files);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException or GantryException)
        {
            core.Log.Error("a checkpoint that was being made could not be finished", ("container", container.Id), ("error", e.Message));
        }
    }

    /// <summary>Processes are held while they are saved, and the engine that let them go again was killed.</summary>
    private async Task ThawAsync(Container container)
    {
        if (container.State.Phase == ContainerPhase.Running)
        {
            try
            {
                await core.Parts.Tasks.ResumeAsync(container.Id, CancellationToken.None).ConfigureAwait(false);
            }
            catch (GantryException e)
            {
                // Its end is on the way.
                core.Log.Debug("a container that was being saved is not there any more", ("container", container.Id), ("error", e.Message));
            }
        }
    }

    private void EndLeft(Container container, string target, bool isComplete)
    {
        if (isComplete)
        {
            CheckpointFolders.Finish(target);
            core.Publish(container, "checkpoint");
        }
        else
        {
            CheckpointFolders.AbandonUnfinished(target);
        }
    }

    private void ProbeAgain(Container container, bool isLeft)
    {
        if (isLeft && container.State.Phase == ContainerPhase.Running)
        {
            health.Begin(container);
        }
    }

    private async Task SaveAsync(Container container, string called, string target, bool leaveRunning)
    {
        var files = core.Paths.Container(container.Id);
        var isSaved = false;
        try
        {
            core.Runtimes.CheckCheckpoints(core.Settings, container.Record.HostConfig.Runtime);
            new PendingCheckpoint(target).Save(files);
            Directory.CreateDirectory(CheckpointFolders.Unfinished(target), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var paths = CheckpointFolders.Prepare(folders.DumpWork(container.Id), CheckpointFolders.Unfinished(target));
            await core.Parts.Tasks.CheckpointAsync(container.Id, paths, leaveRunning, CancellationToken.None).ConfigureAwait(false);
            isSaved = true;
            CheckpointFolders.Finish(target);
            PendingCheckpoint.Forget(files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException or GantryException)
        {
            // Processes that are gone have nothing but these images, which the next engine tries to put into their place again.
            if (!isSaved || leaveRunning)
            {
                CheckpointFolders.Abandon(target);
                PendingCheckpoint.Forget(files);
            }

            throw GantryException.Internal($"Cannot checkpoint container {called}: {e.Message}", e);
        }
    }
}
