using Gantry.Apps.Monitor.Stdio;
using Gantry.Linux;
using Gantry.Logs;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>A process the monitor looks after: its record, descriptors, output, input and attachments.</summary>
internal sealed class MonitoredProcess
{
    private readonly Supervisor _supervisor;
    private ProcessInput? _input;

    public MonitoredProcess(Supervisor supervisor, ProcessRecord record)
    {
        _supervisor = supervisor;
        Record = record;
    }

    public ProcessRecord Record { get; }

    /// <summary>-1 when the process had ended before it could be opened.</summary>
    public int PidFd { get; set; } = -1;

    /// <summary>Null without a log.</summary>
    public JsonLogWriter? Log { get; private set; }

    public List<OutputPump> Pumps { get; } = [];

    public List<AttachmentLink> Attachments { get; } = [];

    public OomWatch? Oom { get; set; }

    /// <summary>Tells the end of a process that is no child of ours.</summary>
    public PidFdWatch? ExitWatch { get; set; }

    /// <summary>The kernel refused its program: its output was the runtime's complaint.</summary>
    public bool WasNotExecuted { get; set; }

    public bool IsRunning => !Record.Has(ProcessFlags.Exited);

    /// <summary>Opens the log. A log that can't be opened costs the entries, not the container.</summary>
    public void OpenLog()
    {
        if (Record.LogPath.Length == 0)
        {
            return;
        }

        try
        {
            var options = new JsonLogOptions
            {
                Path = Record.LogPath,
                MaxSize = Record.LogMaxSize,
                MaxFiles = Record.LogMaxFiles,
                Compress = Record.Has(ProcessFlags.CompressLog),
                AttributesJson = Record.LogAttributes.Length > 0 ? Record.LogAttributes : null,
            };
            Log = new JsonLogWriter(options, _supervisor.LogBuffer) { RotatedFile = _supervisor.CompressLog };
        }
        catch (LinuxException e)
        {
            MonitorLog.Write($"{Record.Id}: no log: {e.Message}");
        }
    }

    /// <summary>Takes the process's descriptors over; -1 for those it doesn't have.</summary>
    public void SetStdio(int stdin, int stdout, int stderr, int terminal)
    {
        if (terminal >= 0)
        {
            Pumps.Add(new OutputPump(_supervisor.Loop, _supervisor.Journal, this, LogStream.Stdout, terminal));
            _input = new ProcessInput(_supervisor.Loop, -1, Pumps[0], HoldInput);
            return;
        }

        if (stdout >= 0)
        {
            Pumps.Add(new OutputPump(_supervisor.Loop, _supervisor.Journal, this, LogStream.Stdout, stdout));
        }

        if (stderr >= 0)
        {
            Pumps.Add(new OutputPump(_supervisor.Loop, _supervisor.Journal, this, LogStream.Stderr, stderr));
        }

        if (stdin >= 0)
        {
            _input = new ProcessInput(_supervisor.Loop, stdin, null, HoldInput);
        }
    }

    /// <summary>Descriptors for the engine, in the protocol's order; they stay ours.</summary>
    public DescriptorKinds Descriptors(Span<int> descriptors, out int count)
    {
        var kinds = DescriptorKinds.None;
        count = 0;
        Add(PidFd, DescriptorKinds.PidFd, descriptors, ref kinds, ref count);
        Add(_input?.Fifo ?? -1, DescriptorKinds.Stdin, descriptors, ref kinds, ref count);
        foreach (var pump in Pumps)
        {
            var kind = Record.Has(ProcessFlags.Tty) ? DescriptorKinds.Terminal : pump.IsStderr ? DescriptorKinds.Stderr : DescriptorKinds.Stdout;
            Add(pump.Fd, kind, descriptors, ref kinds, ref count);
        }

        return kinds;
    }

    public void StartPumps()
    {
        foreach (var pump in Pumps)
        {
            pump.Start();
        }

        UpdateFlow();
    }

    public void Attach(AttachmentLink attachment)
    {
        Attachments.Add(attachment);
        attachment.Start();
    }

    public void Deliver(int stream, ReadOnlySpan<byte> frame, bool last)
    {
        // Backwards: a reader that went away removes itself.
        for (var i = Attachments.Count - 1; i >= 0; i--)
        {
            if (Attachments[i].Wants(stream))
            {
                Attachments[i].Send(frame, last);
            }
        }

        if (!last)
        {
            UpdateFlow();
        }
    }

    /// <summary>An output was closed by all its writers; with the last one attachments have seen everything.</summary>
    public void OutputEnded()
    {
        if (Pumps.TrueForAll(static pump => pump.HasEnded) && !IsRunning)
        {
            EndAttachments();
        }
    }

    /// <summary>
    /// Everything that was written is logged and on its way to the attachments, which end. What an exec left running in the background may write
    /// on: that is read and dropped, so that it never stands still before a full pipe.
    /// </summary>
    public void FinishStdio()
    {
        foreach (var pump in Pumps)
        {
            pump.Drain();
            if (Record.IsExec && !Record.Has(ProcessFlags.Tty))
            {
                pump.Start();
            }
            else
            {
                pump.Finish();
            }
        }

        _input?.Close();
        EndAttachments();
        ReportLosses();
        Log?.Dispose();
        Log = null;
    }

    /// <summary>It is forgotten. Readers that lag behind still get what is kept for them: they live on in the loop until it is sent.</summary>
    public void Release()
    {
        EndAttachments();
        ReleaseExitWatch();
    }

    public void ReleaseExitWatch()
    {
        Oom?.Close();
        Oom = null;
        ExitWatch?.Close();
        ExitWatch = null;
        RawFiles.Close(PidFd);
        PidFd = -1;
    }

    public int ReadInput(int fd, out ReadOnlySpan<byte> input) => _supervisor.ReadInput(fd, out input);

    public void WriteInput(ReadOnlySpan<byte> input) => _input?.Write(input);

    public void FlushInput() => _input?.Flush();

    public void EndInput()
    {
        if (!Record.Has(ProcessFlags.Tty))
        {
            Record.Flags |= ProcessFlags.StdinEnded;
            _input?.End();
        }
    }

    public void ReaderCaughtUp() => UpdateFlow();

    public void Detached(AttachmentLink attachment)
    {
        Attachments.Remove(attachment);
        UpdateFlow();
    }

    public void AttachmentEnded(AttachmentLink attachment)
    {
        Attachments.Remove(attachment);
        _supervisor.AttachmentEnded(attachment.Id);
    }

    private static void Add(int fd, DescriptorKinds kind, Span<int> descriptors, ref DescriptorKinds kinds, ref int count)
    {
        if (fd >= 0)
        {
            kinds |= kind;
            descriptors[count++] = fd;
        }
    }

    private void EndAttachments()
    {
        foreach (var attachment in Attachments.ToArray())
        {
            attachment.End();
        }
    }

    private void HoldInput(bool hold)
    {
        foreach (var attachment in Attachments.ToArray())
        {
            attachment.HoldInput(hold);
        }
    }

    private void UpdateFlow()
    {
        var blocked = Attachments.Exists(static attachment => attachment.Blocks);
        foreach (var pump in Pumps)
        {
            if (blocked)
            {
                pump.Pause();
            }
            else if (IsRunning)
            {
                pump.Start();
            }
        }
    }

    private void ReportLosses()
    {
        if (Log is { LostEntries: > 0 })
        {
            MonitorLog.Write($"{Record.Id}: {Log.LostEntries} log entries lost, errno {Log.LastError}");
        }
    }
}
