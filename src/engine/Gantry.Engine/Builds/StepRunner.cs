using System.Collections.Concurrent;
using Gantry.Build;
using Gantry.Engine.Containers;
using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.Networking;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Runtime;

namespace Gantry.Engine.Builds;

/// <summary>
/// Runs build steps the way containers are started (docs/flows/run.md, steps 7 to 9), without a record: what a killed engine leaves of a
/// step is ended and removed by the next one as a container that was never recorded.
/// </summary>
internal sealed class StepRunner(EngineCore core, NetworkUse networks, BundleWriter bundles) : IStepRunner
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<TaskExit>> _running = new();

    /// <summary>Takes an exit if it is a step's.</summary>
    internal bool TryHandleExit(TaskExit exit)
    {
        if (!_running.TryGetValue(exit.Id, out var ended))
        {
            return false;
        }

        ended.TrySetResult(exit);
        return true;
    }

    public async Task<int> RunAsync(StepSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var record = StepRecord.From(spec, core);
        UserNamespaceRules.Check(record.HostConfig with { NetworkMode = "default" }, core.Settings);
        var ended = new TaskCompletionSource<TaskExit>(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[spec.Id] = ended;
        try
        {
            await StartAndFollowAsync(spec, record, cancellationToken).ConfigureAwait(false);
            var exit = await ended.Task.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return exit.ExitCode;
        }
        finally
        {
            await ReleaseAsync(record).ConfigureAwait(false);
            _running.TryRemove(spec.Id, out _);
        }
    }

    /// <summary>Returns when the output has ended; the exit follows at once.</summary>
    private async Task StartAndFollowAsync(StepSpec spec, ContainerRecord record, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(core.Paths.Container(record.Id));
        var rootfs = core.Paths.Rootfs(record.Id);
        Directory.CreateDirectory(rootfs);
        var network = Task.Run(() => networks.JoinAsync(record, CancellationToken.None), CancellationToken.None);
        try
        {
            core.Parts.Layers.Mount(spec.LayerId, rootfs);
        }
        finally
        {
            await network.ConfigureAwait(false);
        }

        var task = bundles.Write(new BundleInputs(record, await network.ConfigureAwait(false), [.. StepRecord.Mounts(spec), .. StepVolumes.Prepare(spec, rootfs, core.Paths.Container(record.Id), core.Settings.Ids)]));
        var attachment = core.Parts.Tasks.Attach(record.Id, null, new AttachOptions { Overflow = AttachOverflow.Block });
        await using (attachment.ConfigureAwait(false))
        {
            await core.Parts.Tasks.StartAsync(task, CancellationToken.None).ConfigureAwait(false);
            await using var kill = cancellationToken.Register(() => Kill(record.Id)).ConfigureAwait(false);
            await StreamFrames.ReadAsync(
                attachment.Output,
                (stream, data) =>
                {
                    spec.Output.Write((StepStream)stream, data.Span);
                    return ValueTask.CompletedTask;
                },
                CancellationToken.None).ConfigureAwait(false);
            await _running[record.Id].Task.ConfigureAwait(false);
        }
    }

    private void Kill(string id) => _ = Task.Run(async () =>
    {
        try
        {
            await core.Parts.Tasks.KillAllAsync(id, Signals.Kill, CancellationToken.None).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            core.Log.Debug("ending a build step failed", ("container", id), ("error", e.Message));
        }
    });

    private async Task ReleaseAsync(ContainerRecord record)
    {
        try
        {
            await Task.WhenAll(networks.LeaveAsync(record), core.Parts.Tasks.DeleteAsync(record.Id, CancellationToken.None)).ConfigureAwait(false);
        }
        finally
        {
            core.Parts.Layers.Unmount(core.Paths.Rootfs(record.Id));
            bundles.Remove(record.Id);
            Directories.Remove(core.Paths.Container(record.Id));
        }
    }
}
