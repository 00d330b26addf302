using System.Net.Sockets;
using Gantry.Engine.Plugins.State;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Plugins;
using Gantry.Runtime;
using Signals = Gantry.Engine.Containers.Signals;

namespace Gantry.Engine.Plugins.Running;

/// <summary>
/// Runs plugins as containers without a network of ours, and brings back those that end by themselves. The callers of everything but
/// <see cref="TryHandleExit"/> hold the plugin's gate.
/// </summary>
internal sealed class PluginRunner(EngineCore core, PluginIndex index, PluginPaths paths)
{
    private const int Attempts = 4;

    /// <summary>How long a plugin may take until it listens.</summary>
    private static readonly TimeSpan s_listening = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long it may take to end when it is asked to, before it is killed.</summary>
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(10);

    /// <summary>One that ran for so long has not failed to start.</summary>
    private static readonly TimeSpan s_steady = TimeSpan.FromSeconds(10);

    private readonly PluginBundle _bundle = new(core, paths);

    internal MetricsCollector Metrics { get; } = new(core, paths);

    /// <summary>Takes an exit if it is a plugin's. One that should run is started again, later each time.</summary>
    internal bool TryHandleExit(TaskExit exit)
    {
        if (index.TryGet(exit.Id) is not { } entry)
        {
            return false;
        }

        if (entry.Ended?.TrySetResult(exit) == true && entry.Record.Enabled)
        {
            core.Log.Warn("a plugin ended", ("plugin", entry.Record.Name), ("exitCode", exit.ExitCode));
            entry.Failures = DateTimeOffset.UtcNow - entry.StartedAt > s_steady ? 0 : entry.Failures + 1;
            _ = Task.Run(() => BringBackAsync(entry));
        }

        return true;
    }

    /// <summary>Starts the process and waits until it listens. Nothing of it is left after a failure.</summary>
    /// <exception cref="GantryException">In Docker's words.</exception>
    internal async Task StartAsync(PluginEntry entry)
    {
        var record = entry.Record;
        try
        {
            Prepare(record);
            await Metrics.PrepareAsync(record).ConfigureAwait(false);
            var spec = _bundle.Write(record);
            entry.Ended = new TaskCompletionSource<TaskExit>(TaskCreationOptions.RunContinuationsAsynchronously);
            entry.StartedAt = DateTimeOffset.UtcNow;
            await core.Parts.Tasks.StartAsync(spec, CancellationToken.None).ConfigureAwait(false);
            await WaitForSocketAsync(entry).ConfigureAwait(false);
            await Task.Run(() => Metrics.Begin(record)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GantryException or LinuxException or IOException or UnauthorizedAccessException)
        {
            await StopAsync(entry).ConfigureAwait(false);
            throw e is GantryException ? e : GantryException.Internal(e.Message, e);
        }
    }

    /// <summary>Ends the process, if there is one, and takes down what it had. Idempotent.</summary>
    internal async Task StopAsync(PluginEntry entry)
    {
        var id = entry.Record.Id;
        var ended = entry.Ended;
        if (ended is not null && core.Parts.Tasks.Find(id) is { Phase: TaskPhase.Running })
        {
            await EndAsync(id, ended.Task).ConfigureAwait(false);
        }

        entry.Ended = null;
        await ReleaseAsync(id).ConfigureAwait(false);
    }

    /// <summary>Takes over a process that an earlier engine started.</summary>
    internal void Adopt(PluginEntry entry, TaskState task)
    {
        entry.Ended = new TaskCompletionSource<TaskExit>(TaskCreationOptions.RunContinuationsAsynchronously);
        entry.StartedAt = task.StartedAt;
    }

    /// <summary>Tells those who need drivers how the plugin stands.</summary>
    internal void Publish(PluginEntry entry) => core.Parts.Plugins.Set(PluginView.Of(entry.Record, paths));

    /// <summary>Starts a plugin that is to run, again and again if need be.</summary>
    internal async Task BringBackAsync(PluginEntry entry)
    {
        while (!core.Stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause(entry.Failures), core.Stopping.Token).ConfigureAwait(false);
                using var turn = await entry.Gate.AcquireAsync(core.Stopping.Token).ConfigureAwait(false);
                if (!entry.Record.Enabled || entry.IsGone || entry.Ended is { Task.IsCompleted: false })
                {
                    return;
                }

                await StopAsync(entry).ConfigureAwait(false);
                await StartAsync(entry).ConfigureAwait(false);
                Publish(entry);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                entry.Failures++;
                core.Log.Error("failed to start a plugin again", ("plugin", entry.Record.Name), ("error", e.Message));
            }
        }
    }

    /// <summary>Removes mounts and directories of a plugin that doesn't run. Not there is fine.</summary>
    internal async Task ReleaseAsync(string id)
    {
        try
        {
            await core.Parts.Tasks.DeleteAsync(id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            core.Log.Warn("a plugin's process could not be removed", ("plugin", id), ("error", e.Message));
        }

        PropagatedMount.Remove(paths.PropagatedMount(id));
        core.Parts.Layers.Unmount(paths.Rootfs(id));
        Directories.Remove(paths.Bundle(id));
        Directories.Remove(paths.Sockets(id));
    }

    private static TimeSpan Pause(int failures) => failures == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(60_000, 100 * Math.Pow(2, Math.Min(failures, 16))));

    private void Prepare(PluginRecord record)
    {
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.Data(record.Id), Own | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Directories.Remove(paths.Sockets(record.Id));
        Directory.CreateDirectory(paths.Sockets(record.Id), Own);
        Directory.CreateDirectory(paths.Rootfs(record.Id));
        if (record.Configuration.PropagatedMount.Length > 0)
        {
            PropagatedMount.Make(paths.PropagatedMount(record.Id));
        }

        MakeLayer(record);
        core.Parts.Layers.Mount(record.Id, paths.Rootfs(record.Id));
    }

    /// <summary>What a plugin writes stays until it is upgraded or removed.</summary>
    private void MakeLayer(PluginRecord record)
    {
        var top = record.Image.Chain[^1];
        var layer = core.Parts.Layers.FindContainerLayer(record.Id);
        if (layer is not null && layer.ParentChainId != top)
        {
            core.Parts.Layers.RemoveContainerLayer(record.Id);
            layer = null;
        }

        if (layer is null)
        {
            core.Parts.Layers.CreateContainerLayer(record.Id, top);
        }
    }

    private async Task WaitForSocketAsync(PluginEntry entry)
    {
        var path = Path.Combine(paths.Sockets(entry.Record.Id), entry.Record.Configuration.Interface.Socket);
        using var patience = new CancellationTokenSource(s_listening);
        while (true)
        {
            try
            {
                (await PluginSocket.ConnectAsync(path, patience.Token).ConfigureAwait(false)).Dispose();
                return;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                if (entry.Ended!.Task.IsCompleted || patience.IsCancellationRequested || Directory.Exists(path))
                {
                    throw GantryException.Internal($"dial unix {path}: connect: {(Path.Exists(path) ? "connection refused" : "no such file or directory")}", e);
                }
            }

            // Whichever comes first: its end, or the next look.
            await Task.WhenAny(entry.Ended!.Task, Task.Delay(s_pause, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(string id, Task ended)
    {
        for (var attempt = 0; attempt < Attempts && !ended.IsCompleted; attempt++)
        {
            try
            {
                if (attempt == 0)
                {
                    await core.Parts.Tasks.KillAsync(id, null, Signals.Term, CancellationToken.None).ConfigureAwait(false);
                }
                else
                {
                    await core.Parts.Tasks.KillAllAsync(id, Signals.Kill, CancellationToken.None).ConfigureAwait(false);
                }

                await ended.WaitAsync(s_ending).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                core.Log.Debug("Force shutdown of plugin", ("plugin", id));
            }
            catch (GantryException e) when (e.Kind == ErrorKind.NotFound)
            {
                return;
            }
        }
    }
}
