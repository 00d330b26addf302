using Gantry.Engine.Containers.Logs;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Metadata;

namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>Removes containers: steps 17 to 19 of docs/flows/run.md.</summary>
internal sealed class RemoveFlow(EngineCore core, StartFlow start, StopFlow stop, VolumeUse volumes, ImageMounts images, LogShipping shipping)
{
    /// <param name="called">The name or id that the client used, which refusals repeat.</param>
    /// <exception cref="GantryException">Conflict in Docker's words.</exception>
    internal async Task RemoveAsync(Container container, bool force, bool removeVolumes, string? called = null)
    {
        called ??= container.Id;
        if (!container.TryBeginRemoval())
        {
            throw GantryException.Conflict($"removal of container {container.Id} is already in progress");
        }

        try
        {
            // A start that was under way already may come between the end and the removal: then it is ended again.
            for (var isRemoved = false; !isRemoved;)
            {
                await EndIfForcedAsync(container, force, called).ConfigureAwait(false);
                using (await container.Gate.AcquireAsync().ConfigureAwait(false))
                {
                    if (!force || !container.State.IsActive)
                    {
                        await RemoveLockedAsync(container, removeVolumes, called).ConfigureAwait(false);
                        isRemoved = true;
                    }
                }
            }
        }
        catch (Exception e)
        {
            container.Waiters.RemovalFailed(container.State.ExitCode, e.Message);
            throw;
        }
        finally
        {
            container.EndRemoval();
        }
    }

    /// <summary>The removal of a container that removes itself; its anonymous volumes go too.</summary>
    internal async Task AutoRemoveAsync(Container container)
    {
        try
        {
            await RemoveAsync(container, force: true, removeVolumes: true).ConfigureAwait(false);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.Conflict)
        {
            core.Log.Debug("removal is under way already", ("container", container.Id));
        }
        catch (Exception e)
        {
            core.Log.Error("could not remove a container that ended", ("container", container.Id), ("error", e.Message));
        }
    }

    private async Task EndIfForcedAsync(Container container, bool force, string called)
    {
        if (!container.State.IsActive)
        {
            return;
        }

        if (!force)
        {
            var what = container.State.Phase == ContainerPhase.Paused
                ? "container is paused and must be unpaused first"
                : $"container is {container.State.Phase.Name()}: stop the container before removing or force remove";
            throw GantryException.Conflict($"cannot remove container \"{called}\": {what}");
        }

        try
        {
            await stop.KillAndWaitAsync(container).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"cannot remove container \"{called}\": could not kill: {e.Message}", e);
        }
    }

    private async Task RemoveLockedAsync(Container container, bool removeVolumes, string called)
    {
        var record = container.Record;
        if (record.State.IsActive)
        {
            throw GantryException.Conflict($"cannot remove container \"{called}\": it was started meanwhile");
        }

        await shipping.EndAsync(container).ConfigureAwait(false);

        // Step 17: from here on a crash ends in the removal being finished at the next start.
        var exitCode = record.State.ExitCode;
        record = core.UpdateState(container, s => s with { Phase = ContainerPhase.Removing });
        container.CancelPendingRestart();

        // Step 18: everything it has. Idempotent, whatever is left of an earlier try.
        await start.ReleaseAsync(container).ConfigureAwait(false);
        core.Parts.Layers.RemoveContainerLayer(record.Id);
        images.Remove(record);
        Directories.Remove(core.Paths.Container(record.Id));
        core.Records.Delete(record.Id, record.HostConfig.AutoRemove == true ? Durability.Relaxed : Durability.Durable);
        if (removeVolumes)
        {
            volumes.RemoveAnonymous(record);
        }

        // Step 19: gone.
        core.Containers.Remove(container);
        core.Publish(container, "destroy");
        container.Waiters.Removed(exitCode);
    }
}
