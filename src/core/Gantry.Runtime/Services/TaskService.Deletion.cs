using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Cgroups;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>
/// Removing what is left of ended tasks. For crun and runc that is a state directory and cgroups, which take microseconds to remove
/// against the 4 to 30 ms of starting the runtime for it; others are asked.
/// </summary>
public sealed partial class TaskService
{
    private static readonly TimeSpan s_cgroupLimit = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        TaskIds.Validate(id);
        if (!_tasks.TryGetValue((id, ""), out var entry))
        {
            return;
        }

        if (entry.IsRunning)
        {
            throw GantryException.Conflict($"cannot delete task {id}: it is running");
        }

        await RemoveRuntimeStateAsync(entry.Record).ConfigureAwait(false);
        foreach (var exec in _tasks.Keys.Where(key => key.Id == id && key.ExecId.Length > 0).ToList())
        {
            await ForgetAsync(exec.Id, exec.ExecId).ConfigureAwait(false);
        }

        RunFileRemoval.RemoveTree(RunFiles.TaskDirectory(_options.ExecRoot, id));
        await ForgetAsync(id, "").ConfigureAwait(false);
    }

    /// <summary>Delivers an exit; an exec is over with that.</summary>
    internal async Task DeliverAsync(TaskExit exit)
    {
        try
        {
            if (OnExit is { } handler)
            {
                await handler(exit).ConfigureAwait(false);
            }
        }
        finally
        {
            if (exit.ExecId is not null && !_disposed)
            {
                await ForgetExecAsync(exit.Id, exit.ExecId).ConfigureAwait(false);
            }
        }
    }

    private async Task ForgetExecAsync(string id, string execId)
    {
        RunFileRemoval.RemoveTree(RunFiles.ExecDirectory(_options.ExecRoot, id, execId));
        await ForgetAsync(id, execId).ConfigureAwait(false);
    }

    private async Task ForgetAsync(string id, string execId)
    {
        _tasks.TryRemove((id, execId), out _);
        try
        {
            var connection = await ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            await connection.RequestAsync(MessageKind.Forget, writer => writer.Add(Field.Id, id).Add(Field.ExecId, execId)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MonitorLostException or ObjectDisposedException)
        {
            // A dead monitor has forgotten; its successor is not told of what is not in the table.
        }
    }

    private async Task RemoveRuntimeStateAsync(ProcessRecord record)
    {
        var runtime = RuntimeCommand.Resolve(_everKnown, record.RuntimeName);
        if (runtime.LeavesOnlyFiles && !File.Exists($"{record.Directory}/{RunFiles.StopHooks}"))
        {
            RunFileRemoval.RemoveTree($"{runtime.Root}/{record.Id}");
        }
        else if (await InvokeAsync(runtime.Delete(record.Id, record.Directory)).ConfigureAwait(false) is var code and not 0)
        {
            throw GantryException.Internal($"failed to delete task {record.Id}: {runtime.Name} delete exited with {code}");
        }

        await RemoveCgroupAsync(new Cgroup(_cgroups, record.CgroupsPath)).ConfigureAwait(false);
    }

    /// <summary>A cgroup is busy until the last of its processes is quite dead, which may be a moment after init's exit was reported.</summary>
    private static async Task RemoveCgroupAsync(Cgroup cgroup)
    {
        var deadline = DateTime.UtcNow + s_cgroupLimit;
        var pause = TimeSpan.FromMilliseconds(1);
        int error;
        while ((error = cgroup.TryRemove()) == Errno.EBUSY && DateTime.UtcNow < deadline)
        {
            cgroup.SignalAll(Signals.SIGKILL);
            await Task.Delay(pause).ConfigureAwait(false);
            pause *= 2;
        }

        if (error != 0)
        {
            throw new LinuxException("rmdir", error, $"cgroup {cgroup.Path}").ToGantry("failed to delete task");
        }
    }
}
