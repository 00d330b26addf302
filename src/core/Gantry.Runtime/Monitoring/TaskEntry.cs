using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Monitoring;

/// <summary>
/// The engine's view of one process: its record and duplicates of its descriptors. They make signals race-free and, when the monitor is
/// killed, keep pipes and terminal alive until its successor has them.
/// </summary>
internal sealed class TaskEntry
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<TaskExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pidFd = -1;
    private int _stdin = -1;
    private int _stdout = -1;
    private int _stderr = -1;
    private int _terminal = -1;

    public TaskEntry(ProcessRecord record, DescriptorKinds kinds, ReadOnlySpan<int> descriptors)
    {
        Record = record;
        var next = 0;
        Take(ref _pidFd, DescriptorKinds.PidFd, kinds, descriptors, ref next);
        Take(ref _stdin, DescriptorKinds.Stdin, kinds, descriptors, ref next);
        Take(ref _stdout, DescriptorKinds.Stdout, kinds, descriptors, ref next);
        Take(ref _stderr, DescriptorKinds.Stderr, kinds, descriptors, ref next);
        Take(ref _terminal, DescriptorKinds.Terminal, kinds, descriptors, ref next);
        if (record.Has(ProcessFlags.Exited))
        {
            End(record);
        }
    }

    public ProcessRecord Record { get; private set; }

    public (string Id, string ExecId) Key => (Record.Id, Record.ExecId);

    /// <summary>Completes with the process's end.</summary>
    public Task<TaskExit> Exit => _exit.Task;

    /// <summary>False for a process that had ended before it could be opened.</summary>
    public bool HasPidFd
    {
        get
        {
            lock (_lock)
            {
                return _pidFd >= 0;
            }
        }
    }

    public bool IsRunning => !_exit.Task.IsCompleted;

    /// <summary>From a message that carries a record and descriptors; null when it is damaged.</summary>
    public static TaskEntry? From(MonitorReply message)
    {
        if (ProcessRecord.Read(message.Fields) is { } record)
        {
            return new TaskEntry(record, (DescriptorKinds)message.Number(Field.Descriptors), message.Descriptors);
        }

        message.CloseDescriptors();
        return null;
    }

    public TaskState ToState() => new()
    {
        Id = Record.Id,
        ExecId = Record.IsExec ? Record.ExecId : null,
        Phase = IsRunning ? TaskPhase.Running : TaskPhase.Exited,
        Pid = Record.Pid,
        StartedAt = ToTime(Record.StartedAt),
        Exit = IsRunning ? null : _exit.Task.Result,
    };

    /// <summary>Signals through the pidfd. Returns 0 or the errno.</summary>
    public int TrySignal(int signal)
    {
        lock (_lock)
        {
            return _pidFd < 0 ? Errno.ESRCH : PidFd.TrySignal(_pidFd, signal);
        }
    }

    /// <summary>Returns 0 or the errno; ENODEV without a terminal.</summary>
    public int TryResize(int rows, int columns)
    {
        lock (_lock)
        {
            return _terminal < 0 ? Errno.ENODEV : Ptys.TrySetSize(_terminal, rows, columns);
        }
    }

    /// <summary>True while something that the process has written waits for the monitor to read it.</summary>
    public bool HasUnreadOutput()
    {
        lock (_lock)
        {
            return HasData(_stdout) || HasData(_stderr) || HasData(_terminal);
        }
    }

    /// <summary>Gives up the duplicate of stdin, which would keep the process from seeing the end.</summary>
    public void CloseStdin()
    {
        lock (_lock)
        {
            Record.Flags |= ProcessFlags.StdinEnded;
            Close(ref _stdin);
        }
    }

    /// <summary>Copies of the descriptors to hand over; the caller closes them.</summary>
    public (DescriptorKinds Kinds, int[] Descriptors) Duplicate()
    {
        lock (_lock)
        {
            var kinds = DescriptorKinds.None;
            var copies = new List<int>();
            Copy(_pidFd, DescriptorKinds.PidFd, ref kinds, copies);
            Copy(_stdin, DescriptorKinds.Stdin, ref kinds, copies);
            Copy(_stdout, DescriptorKinds.Stdout, ref kinds, copies);
            Copy(_stderr, DescriptorKinds.Stderr, ref kinds, copies);
            Copy(_terminal, DescriptorKinds.Terminal, ref kinds, copies);
            return (kinds, [.. copies]);
        }
    }

    /// <summary>The process has ended as the record tells.</summary>
    public void End(ProcessRecord record)
    {
        CloseDescriptors();
        Record = record;
        _exit.TrySetResult(new TaskExit
        {
            Id = record.Id,
            ExecId = record.IsExec ? record.ExecId : null,
            Pid = record.Pid,
            ExitCode = ChildProcesses.ExitCode(record.WaitStatus),
            ExitedAt = ToTime(record.ExitedAt),
            OomKilled = record.Has(ProcessFlags.OomKilled),
            ExitCodeKnown = !record.Has(ProcessFlags.ExitUnknown),
        });
    }

    public void CloseDescriptors()
    {
        lock (_lock)
        {
            Close(ref _pidFd);
            Close(ref _stdin);
            Close(ref _stdout);
            Close(ref _stderr);
            Close(ref _terminal);
        }
    }

    private static bool HasData(int fd) => fd >= 0 && RawFiles.BytesAvailable(fd) > 0;

    private static DateTimeOffset ToTime(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);

    private static void Take(ref int target, DescriptorKinds kind, DescriptorKinds kinds, ReadOnlySpan<int> descriptors, ref int next)
    {
        if ((kinds & kind) != 0 && next < descriptors.Length)
        {
            target = descriptors[next++];
        }
    }

    private static void Copy(int fd, DescriptorKinds kind, ref DescriptorKinds kinds, List<int> copies)
    {
        if (fd >= 0)
        {
            kinds |= kind;
            copies.Add(RawFiles.Duplicate(fd));
        }
    }

    private static void Close(ref int fd)
    {
        RawFiles.Close(fd);
        fd = -1;
    }
}
