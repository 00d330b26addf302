using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Starts that were under way when a monitor, or engine and monitor, were killed.</summary>
public sealed partial class TaskService
{
    private static readonly TimeSpan s_runtimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The monitor was killed between our request and its answer. The runtime finishes without it; when the process then runs and its stdio
    /// can be opened by name it is adopted as if nothing had happened, else nothing of it is left.
    /// </summary>
    private async Task<TaskEntry> RecoverLaunchAsync(LaunchPlan plan)
    {
        await RuntimeProcesses.WaitForAsync(plan.PidFile, plan.RuntimeLimit).ConfigureAwait(false);
        var connection = await ConnectAsync(CancellationToken.None).ConfigureAwait(false);
        if (!plan.Record.Has(ProcessFlags.Tty) && ReadPid(plan.PidFile) is { } pid && ProcessStat.Read(pid) is { IsZombie: false } stat)
        {
            plan.Record.Pid = pid;
            plan.Record.StartTicks = (long)stat.StartTime;
            plan.Record.StartedAt = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
            RunFiles.Save(plan.Record, RunFiles.State, new MessageWriter());
            var entry = RunFileScan.ToEntry(plan.Record);
            if (entry.HasPidFd)
            {
                _tasks[entry.Key] = entry;
                await AdoptAsync(connection, entry).ConfigureAwait(false);
                await ReattachAsync(connection, entry).ConfigureAwait(false);
                return entry;
            }
        }

        KillIfAlive(plan);
        await UndoLaunchAsync(plan).ConfigureAwait(false);
        _attachments.End((plan.Record.Id, plan.Record.ExecId));
        throw GantryException.Unavailable("the container monitor ended while the process was being started");
    }

    private static void KillIfAlive(LaunchPlan plan)
    {
        // The pid file is only as old as this launch: its process is the one that was started, or gone.
        if (ReadPid(plan.PidFile) is { } pid)
        {
            _ = Signals.TrySend(pid, Signals.SIGKILL);
        }
    }

    private static int? ReadPid(string path)
    {
        Span<byte> buffer = stackalloc byte[32];
        var n = RawFiles.TryReadFile(path, buffer);
        return n > 0 && int.TryParse(buffer[..n].Trim((byte)'\n'), out var pid) && pid > 1 ? pid : null;
    }

    /// <summary>Run directories without a record are starts that nobody lived to see the end of.</summary>
    private async Task RemoveAbandonedAsync(CancellationToken cancellationToken)
    {
        foreach (var id in RunFileScan.TaskIds(_options.ExecRoot).ToList())
        {
            var directory = RunFiles.TaskDirectory(_options.ExecRoot, id);
            if (_tasks.ContainsKey((id, "")) || RunFileScan.HasRecord(directory))
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            await RuntimeProcesses.WaitForAsync($"{directory}/{RunFiles.Pid}", s_runtimeLimit).ConfigureAwait(false);
            foreach (var name in _options.Runtimes.Keys.OrderBy(name => name != _options.DefaultRuntime))
            {
                if (Directory.Exists($"{_options.ExecRoot}/{RunFiles.RuntimeRoot}/{id}"))
                {
                    await InvokeAsync(RuntimeCommand.Resolve(_options, name).Delete(id, directory)).ConfigureAwait(false);
                }
            }

            RunFileRemoval.RemoveTree(directory);
        }
    }
}
