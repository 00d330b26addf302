using System.Buffers.Binary;
using System.Text;
using Gantry.Apps.Monitor.Loop;
using Gantry.Apps.Monitor.Processes;
using Gantry.Linux;
using Gantry.Logs;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Stdio;

/// <summary>
/// Reads one of a process's outputs (a FIFO or a terminal's master), logs it, and hands it to the attachments. Owns the descriptor.
/// The steps of <see cref="PumpOnce"/> are those of docs/design/monitor-journal.md.
/// </summary>
internal sealed class OutputPump : Source
{
    private readonly EventLoop _loop;
    private readonly Journal _journal;
    private readonly MonitoredProcess _process;
    private readonly LogStream _stream;
    private readonly string _key;
    private int _slot = -1;
    private bool _waitsForInputRoom;
    private bool _hasRead;

    public OutputPump(EventLoop loop, Journal journal, MonitoredProcess process, LogStream stream, int fd)
    {
        _loop = loop;
        _journal = journal;
        _process = process;
        _stream = stream;
        _key = $"{process.Record.Id}/{(int)stream}";
        Fd = fd;
        RawFiles.SetNonBlocking(fd, true);
    }

    public bool HasEnded { get; private set; }

    public bool IsStderr => _stream == LogStream.Stderr;

    /// <summary>In the journal; -1 while there is neither a batch nor an incomplete line.</summary>
    public int Slot => _slot;

    public void Start()
    {
        if (!HasEnded && !IsWatched)
        {
            _loop.Watch(this, Interest());
        }
    }

    /// <summary>Leaves the output in the pipe for now. Not watched at all: a hang-up can't be masked.</summary>
    public void Pause() => _loop.Unwatch(this);

    /// <summary>A terminal's master is also where input goes: watch for room.</summary>
    public void WaitForInputRoom(bool wait)
    {
        _waitsForInputRoom = wait;
        if (IsWatched)
        {
            _loop.Change(this, Interest());
        }
    }

    /// <summary>After a restart: takes the slot over and finishes what the killed monitor had begun.</summary>
    public void Resume()
    {
        if (_process.Log is null || (_slot = _journal.FindSlot(_key)) < 0)
        {
            return;
        }

        if (_journal.UnfinishedSlot == _slot)
        {
            _process.Log.CutTo(_journal.UnfinishedFileSize);
            LogBatch();
        }
    }

    public override void Ready(EpollEvents events)
    {
        if ((events & EpollEvents.Out) != 0)
        {
            _process.FlushInput();
        }

        if (!HasEnded && (events & ~EpollEvents.Out) != 0)
        {
            _ = PumpOnce(last: false);
        }
    }

    /// <summary>Takes everything the process wrote before it ended. More may come only from processes it left behind.</summary>
    public void Drain()
    {
        while (!HasEnded && PumpOnce(last: true))
        {
        }
    }

    /// <summary>Ends the stream: an incomplete line is logged as it is.</summary>
    public void Finish()
    {
        if (_slot >= 0)
        {
            _journal.LogCarry(_slot, _process.Log!, _stream);
            _journal.ReleaseSlot(_slot);
            _slot = -1;
        }

        if (Fd >= 0)
        {
            _loop.Unwatch(this);
            RawFiles.Close(Fd);
            Fd = -1;
        }

        HasEnded = true;
    }

    private bool PumpOnce(bool last)
    {
        // 1. How much is there? Nothing may mean the end.
        var wanted = Math.Min(RawFiles.BytesAvailable(Fd), JournalLayout.DataSize);
        var logged = _process.Log is not null && wanted > 0;

        // 2. Say what is going to be read, 3. read it, 4. say that it is there.
        if (logged)
        {
            _slot = _slot >= 0 ? _slot : _journal.TakeSlot(_key);
            _journal.BeginRead(_slot, wanted, _process.Log!.FileSize);
        }

        var n = Translate(Read(Math.Max(wanted, 1)));
        if (logged)
        {
            _journal.EndRead(n);
        }

        if (n <= 0)
        {
            if (n != -Errno.EAGAIN)
            {
                Finish();
                _process.OutputEnded();
            }

            return false;
        }

        // 5. Log it; the journal keeps an incomplete line.
        if (logged)
        {
            LogBatch();
        }
        else if (_process.Log is not null)
        {
            LogUnannounced(n);
        }

        // 6. Hand it on.
        Deliver(n, last);
        return true;
    }

    /// <summary>What a runtime wrote in place of the program is put into runc's words, which are shorter than crun's where there is a log.</summary>
    private unsafe int Translate(int count)
    {
        if (_hasRead || count <= 0 || !(IsStderr || _process.Record.Has(ProcessFlags.Tty)))
        {
            return count;
        }

        _hasRead = true;
        if (FailedExec.Translate(_process.Record, new ReadOnlySpan<byte>(_journal.Data, count)) is not { } text)
        {
            return count;
        }

        _process.WasNotExecuted = true;
        return Encoding.UTF8.GetBytes(text, new Span<byte>(_journal.Data, JournalLayout.DataSize));
    }

    private unsafe int Read(int count) => RawFiles.TryRead(Fd, _journal.Data, count);

    /// <summary>A byte arrived between counting and reading.</summary>
    private void LogUnannounced(int count)
    {
        _slot = _slot >= 0 ? _slot : _journal.TakeSlot(_key);
        _journal.AcceptRead(_slot, count, _process.Log!.FileSize);
        LogBatch();
    }

    private void LogBatch()
    {
        if (!_journal.Log(_slot, _process.Log!, _stream, end: false))
        {
            _journal.ReleaseSlot(_slot);
            _slot = -1;
        }
    }

    private unsafe void Deliver(int count, bool last)
    {
        if (_process.Attachments.Count == 0)
        {
            return;
        }

        var frame = new ReadOnlySpan<byte>(_journal.Data, count);
        if (!_process.Record.Has(ProcessFlags.Tty))
        {
            // The header goes right before the data, into memory that is scratch now.
            var header = new Span<byte>(_journal.Data - AttachmentLink.FrameHeaderSize, AttachmentLink.FrameHeaderSize);
            header.Clear();
            header[0] = (byte)_stream;
            BinaryPrimitives.WriteInt32BigEndian(header[4..], count);
            frame = new ReadOnlySpan<byte>(_journal.Data - AttachmentLink.FrameHeaderSize, AttachmentLink.FrameHeaderSize + count);
        }

        _process.Deliver((int)_stream, frame, last);
    }

    private EpollEvents Interest() => EpollEvents.In | (_waitsForInputRoom ? EpollEvents.Out : EpollEvents.None);
}
