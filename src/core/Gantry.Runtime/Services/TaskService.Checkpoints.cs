using Gantry.Linux;
using Gantry.Runtime.Checkpoints;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Checkpoints: the runtime calls CRIU for them (docs/design/checkpoints.md).</summary>
public sealed partial class TaskService
{
    /// <summary>A dump goes on without the monitor that began it. As long as a slow disk may take; ending it by force could leave processes frozen.</summary>
    private static readonly TimeSpan s_dumpLimit = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan s_drainLimit = TimeSpan.FromSeconds(2);

    /// <summary>Reading many gigabytes back takes its time; the images are still there when it is cut short.</summary>
    private static readonly TimeSpan s_restoreLimit = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public async Task CheckpointAsync(string id, CheckpointPaths paths, bool leaveRunning, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var entry = RunningEntry(id);
        var record = entry.Record;
        var runtime = RuntimeCommand.Resolve(_options, record.RuntimeName);
        var cgroup = CgroupOf(entry);
        var wasFrozen = cgroup.IsFrozen();
        var log = $"{record.Directory}/{RunFiles.RuntimeLog}";
        bool saved;
        try
        {
            await FreezeAsync(id, true, cancellationToken).ConfigureAwait(false);
            await DrainAsync(entry).ConfigureAwait(false);
            var keys = StdioKeys.Find(record, cgroup.Processes());
            StdioKeys.Save(paths.ImagePath, keys);
            var environment = CriuSettings.ForDump(record.Directory, keys);
            RawFiles.Unlink(log);
            saved = await DumpAsync(runtime.Checkpoint(id, record.Directory, paths, leaveRunning), environment, record, paths).ConfigureAwait(false);
        }
        finally
        {
            if (!wasFrozen)
            {
                // What was ended and saved has no cgroup any more.
                _ = cgroup.TryFreeze(false);
            }
        }

        if (!saved)
        {
            var text = File.Exists(log) ? await File.ReadAllTextAsync(log, cancellationToken).ConfigureAwait(false) : "";
            throw RuntimeErrors.CheckpointFailed(runtime.Program, text, $"{paths.WorkPath}/{CriuLog.Dump}");
        }
    }

    /// <summary>
    /// Waits until the monitor has read what the frozen processes wrote: CRIU saves what is left in a FIFO too, and it would come twice. A client that is
    /// attached and does not read holds this up; then it does come twice.
    /// </summary>
    private static async Task DrainAsync(TaskEntry entry)
    {
        for (var deadline = DateTime.UtcNow + s_drainLimit; entry.HasUnreadOutput() && DateTime.UtcNow < deadline;)
        {
            await Task.Delay(s_freezePause).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> AwaitCheckpointAsync(string id, CheckpointPaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        await RuntimeProcesses.WaitForAsync(paths.ImagePath, s_dumpLimit).ConfigureAwait(false);
        return CheckpointImages.AreComplete(paths, !_tasks.TryGetValue((id, ""), out var entry) || !entry.IsRunning || IsGone(entry.Record));
    }

    private static LaunchPlan RestorePlan(TaskSpec spec, CheckpointPaths checkpoint, RuntimeCommand runtime, ProcessRecord record)
    {
        RawFiles.MakeDirectory(record.Directory, DirectoryMode);
        return new LaunchPlan(record, runtime.Restore(spec, checkpoint, record.Directory), spec.ConsoleRows, spec.ConsoleColumns)
        {
            Environment = CriuSettings.ForRestore(record.Directory, StdioKeys.Load(checkpoint.ImagePath)),
            RuntimeLimit = s_restoreLimit,
            Failure = log => RuntimeErrors.RestoreFailed(runtime.Program, log, $"{checkpoint.WorkPath}/{CriuLog.Restore}"),
        };
    }

    private async Task<bool> DumpAsync(List<string> arguments, IReadOnlyList<string> environment, ProcessRecord record, CheckpointPaths paths)
    {
        try
        {
            return await InvokeInMonitorAsync(arguments, environment).ConfigureAwait(false) == 0;
        }
        catch (MonitorLostException)
        {
            // The runtime finishes alone.
            return await AwaitCheckpointAsync(record.Id, paths).ConfigureAwait(false);
        }
    }

    private static bool IsGone(ProcessRecord record) =>
        ProcessStat.Read(record.Pid) is not { IsZombie: false } stat || (long)stat.StartTime != record.StartTicks;
}
