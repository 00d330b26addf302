using Gantry.Apps.Monitor.Stdio;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>Ends of children: runtimes that started something, processes of containers, helpers, and orphans this subreaper inherited.</summary>
internal sealed partial class Supervisor
{
    /// <summary>Reaps every child that has ended.</summary>
    public void Reap()
    {
        int pid;
        while ((pid = ChildProcesses.TryReapAny(out var status)) > 0)
        {
            if (_launches.Remove(pid, out var launch))
            {
                CompleteLaunch(launch, status);
                GreetWhenSettled();
            }
            else if (_byPid.TryGetValue(pid, out var process) && process.ExitWatch is null)
            {
                End(process, status);
            }
            else if (_invocations.Remove(pid, out var invocation))
            {
                // A later engine has other requests with the same numbers.
                if (Engine is not null && Engine == invocation.Engine)
                {
                    Engine.SendDone(invocation.RequestId, status);
                }
            }
            else if (_helpers.Remove(pid, out var writer))
            {
                writer.HoldsRotation = false;
            }
            else if (_launches.Count > 0)
            {
                // Perhaps the process of a launch whose runtime has not been reaped yet.
                _orphans[pid] = (++_sequence, status);
            }
        }

        DropOldOrphans();
        StopWhenIdle();
    }

    private static long Now => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;

    private void CompleteLaunch(Launch launch, int status)
    {
        if (status != 0)
        {
            FailLaunch(launch, launch.ErrorText());
            return;
        }

        try
        {
            Register(launch, launch.Complete());
        }
        catch (LinuxException e)
        {
            FailLaunch(launch, e.Message);
        }
    }

    private void FailLaunch(Launch launch, string text)
    {
        launch.Abandon();
        Engine?.SendFailed(launch.Request.RequestId, ErrorKind.InvalidArgument, text);
    }

    private void Register(Launch launch, int pid)
    {
        var record = launch.Record;
        record.Pid = pid;
        record.StartedAt = Now;
        var ended = _orphans.Remove(pid, out var orphan);
        var process = new MonitoredProcess(this, record);
        if (!ended)
        {
            process.PidFd = Math.Max(PidFd.TryOpen(pid), -1);
            record.StartTicks = (long)(ProcessStat.Read(pid)?.StartTime ?? 0);
        }

        process.OpenLog();
        process.SetStdio(launch.Stdin, launch.Stdout, launch.Stderr, launch.Terminal);
        Save(record, RunFiles.State);
        _processes.Add((record.Id, record.ExecId), process);
        _byPid[pid] = process;
        foreach (var (id, flags, fd) in launch.Request.Attachments)
        {
            process.Attach(new AttachmentLink(Loop, process, fd, id, flags));
        }

        Engine?.SendLaunched(launch.Request.RequestId, process);
        if (ended)
        {
            End(process, orphan.Status);
            return;
        }

        process.StartPumps();
        StartWatches(process);
    }

    /// <summary>OOM notification; off the start's critical path.</summary>
    private void StartWatches(MonitoredProcess process)
    {
        if (process.Record is { OomFile.Length: > 0, IsExec: false })
        {
            process.Oom = OomWatch.TryStart(Loop, process.Record.OomFile, () => NoteOom(process));
        }
    }

    private void NoteOom(MonitoredProcess process)
    {
        if (!process.Record.Has(ProcessFlags.OomKilled))
        {
            process.Record.Flags |= ProcessFlags.OomKilled;
            Engine?.SendOom(process.Record.Id);
        }
    }

    private void EndAdopted(MonitoredProcess process, int? status)
    {
        if (status is null)
        {
            process.Record.Flags |= ProcessFlags.ExitUnknown;
        }

        End(process, status ?? 255 << 8);
        StopWhenIdle();
    }

    /// <summary>The order is: output, then the exit on disk, then the exit to the engine.</summary>
    private void End(MonitoredProcess process, int status)
    {
        var record = process.Record;
        record.ExitedAt = Now;
        record.WaitStatus = status;
        _byPid.Remove(record.Pid);
        if (record.Has(ProcessFlags.SharedPidNamespace) && !record.IsExec)
        {
            KillRest(record);
        }

        if (!record.IsExec && OomWatch.KillCount(record.OomFile) > 0)
        {
            NoteOom(process);
        }

        record.Flags |= ProcessFlags.Exited;
        process.ReleaseExitWatch();
        process.FinishStdio();
        if (process.WasNotExecuted && status == 1 << 8)
        {
            record.WaitStatus = FailedExec.ExitCode << 8;
        }

        Save(record, RunFiles.Exit);
        Engine?.SendExited(record);
    }

    private void Save(ProcessRecord record, string name)
    {
        try
        {
            RunFiles.Save(record, name, _records);
        }
        catch (LinuxException e)
        {
            // The directory is gone, or the file system full. Only an engine and a monitor killed together would miss the file.
            MonitorLog.Write($"{record.Id}: {name} not saved: {e.Message}");
        }
    }

    /// <summary>Without a pid namespace of its own nothing else ends a container's other processes.</summary>
    private static void KillRest(ProcessRecord record)
    {
        const int MaxRounds = 100;
        for (var round = 0; round < MaxRounds && KillAll(record.CgroupDirectory); round++)
        {
        }
    }

    private static bool KillAll(string directory)
    {
        var any = false;
        var buffer = new byte[16 * 1024];
        var n = directory.Length == 0 ? 0 : RawFiles.TryReadFile($"{directory}/cgroup.procs", buffer);
        foreach (var line in buffer.AsSpan(0, Math.Max(n, 0)).Split((byte)'\n'))
        {
            if (int.TryParse(buffer.AsSpan(0, n)[line], out var pid) && pid > 1)
            {
                any |= Signals.TrySend(pid, Signals.SIGKILL) == 0;
            }
        }

        return any;
    }

    private void DropOldOrphans()
    {
        if (_orphans.Count == 0)
        {
            return;
        }

        var oldest = _launches.Count == 0 ? long.MaxValue : _launches.Values.Min(static launch => launch.Sequence);
        foreach (var (pid, orphan) in _orphans.ToArray())
        {
            if (orphan.Sequence < oldest)
            {
                _orphans.Remove(pid);
            }
        }
    }
}
