using Gantry.Apps.Monitor.Loop;
using Gantry.Apps.Monitor.Processes;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Stdio;

/// <summary>
/// The monitor's end of one attachment: a stream socket. Output goes out as Docker's frames (raw with a terminal), input comes in raw.
/// A reader that falls behind makes the process wait (<see cref="AttachFlags.Block"/>) or misses whole frames.
/// </summary>
internal sealed class AttachmentLink : Source
{
    public const int FrameHeaderSize = 8;

    private readonly EventLoop _loop;
    private readonly MonitoredProcess _process;
    private readonly AttachFlags _flags;
    private byte[] _pending = [];
    private int _pendingStart;
    private int _pendingEnd;
    private bool _inputOpen;
    private bool _inputHeld;
    private bool _outputEnded;

    public AttachmentLink(EventLoop loop, MonitoredProcess process, int fd, uint id, AttachFlags flags)
    {
        _loop = loop;
        _process = process;
        _flags = flags;
        _inputOpen = (flags & AttachFlags.Stdin) != 0;
        Fd = fd;
        Id = id;
        RawFiles.SetNonBlocking(fd, true);
    }

    public uint Id { get; }

    /// <summary>The engine wants stdin ended when all input has been taken.</summary>
    public bool EndsInput { get; set; }

    /// <summary>The process must not be read further until this reader has caught up.</summary>
    public bool Blocks => HasPending && (_flags & AttachFlags.Block) != 0 && !_outputEnded;

    private bool HasPending => _pendingEnd > _pendingStart;

    public void Start() => _loop.Watch(this, Interest());

    public bool Wants(int stream) => (_flags & (stream == 2 ? AttachFlags.Stderr : AttachFlags.Stdout)) != 0;

    /// <summary>Sends a frame, or as much as fits. With <paramref name="last"/> the rest is kept even for a reader that may miss output.</summary>
    public void Send(ReadOnlySpan<byte> frame, bool last)
    {
        if (Fd < 0)
        {
            return;
        }

        if (HasPending)
        {
            if (last || (_flags & AttachFlags.Block) != 0)
            {
                Keep(frame);
            }

            return;
        }

        var n = UnixSockets.TrySend(Fd, frame);
        if (n < 0 && n != -Errno.EAGAIN)
        {
            Detach();
            return;
        }

        n = Math.Max(n, 0);
        if (n < frame.Length && (n > 0 || last || (_flags & AttachFlags.Block) != 0))
        {
            Keep(frame[n..]);
            UpdateInterest();
        }
    }

    /// <summary>There will be no more output: closes once everything has been sent.</summary>
    public void End()
    {
        _outputEnded = true;
        if (!HasPending)
        {
            Finish();
        }
    }

    /// <summary>Stops or restarts taking input while the process does not read its stdin.</summary>
    public void HoldInput(bool hold)
    {
        if (_inputHeld != hold)
        {
            _inputHeld = hold;
            UpdateInterest();
            if (!hold && EndsInput)
            {
                TakeInput();
            }
        }
    }

    public override void Ready(EpollEvents events)
    {
        if ((events & EpollEvents.Out) != 0)
        {
            SendPending();
        }

        if (Fd >= 0 && _inputOpen && (events & EpollEvents.In) != 0)
        {
            TakeInput();
        }
        else if (Fd >= 0 && (events & (EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            Detach();
        }
    }

    /// <summary>Moves what has been sent to us on to the process, until there is no more or the process is slow.</summary>
    public void TakeInput()
    {
        while (_inputOpen && !_inputHeld)
        {
            var n = _process.ReadInput(Fd, out var input);
            if (n == -Errno.EAGAIN)
            {
                break;
            }

            if (n <= 0)
            {
                EndInput();
                Detach();
                return;
            }

            _process.WriteInput(input);
        }

        if (!_inputHeld && EndsInput)
        {
            EndInput();
        }
    }

    /// <summary>Closes at once, telling nobody.</summary>
    public void Close()
    {
        if (Fd >= 0)
        {
            _loop.Unwatch(this);
            RawFiles.Close(Fd);
            Fd = -1;
            _pending = [];
            _pendingStart = _pendingEnd = 0;
        }
    }

    private void EndInput()
    {
        _inputOpen = false;
        UpdateInterest();
        if (EndsInput)
        {
            EndsInput = false;
            _process.EndInput();
        }
    }

    private void SendPending()
    {
        while (HasPending)
        {
            var n = UnixSockets.TrySend(Fd, _pending.AsSpan(_pendingStart, _pendingEnd - _pendingStart));
            if (n == -Errno.EAGAIN)
            {
                return;
            }

            if (n < 0)
            {
                Detach();
                return;
            }

            _pendingStart += n;
        }

        _pending = [];
        _pendingStart = _pendingEnd = 0;
        if (_outputEnded)
        {
            Finish();
            return;
        }

        UpdateInterest();
        _process.ReaderCaughtUp();
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        if (_pendingEnd + data.Length > _pending.Length)
        {
            var larger = new byte[Math.Max((_pendingEnd - _pendingStart) * 2, _pendingEnd - _pendingStart + data.Length)];
            _pending.AsSpan(_pendingStart, _pendingEnd - _pendingStart).CopyTo(larger);
            _pending = larger;
            _pendingEnd -= _pendingStart;
            _pendingStart = 0;
        }

        data.CopyTo(_pending.AsSpan(_pendingEnd));
        _pendingEnd += data.Length;
    }

    private void Finish()
    {
        if (Fd >= 0)
        {
            _process.AttachmentEnded(this);
            Close();
        }
    }

    /// <summary>The engine went away, or closed the attachment.</summary>
    private void Detach()
    {
        Close();
        _process.Detached(this);
    }

    private EpollEvents Interest() =>
        (_inputOpen && !_inputHeld ? EpollEvents.In : EpollEvents.None) | (HasPending ? EpollEvents.Out : EpollEvents.None);

    private void UpdateInterest()
    {
        if (IsWatched)
        {
            _loop.Change(this, Interest());
        }
    }
}
