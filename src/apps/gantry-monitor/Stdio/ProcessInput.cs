using Gantry.Apps.Monitor.Loop;
using Gantry.Linux;

namespace Gantry.Apps.Monitor.Stdio;

/// <summary>The writing side of a process's stdin: a FIFO it owns, or the terminal's master that its pump owns.</summary>
internal sealed class ProcessInput : Source
{
    private readonly EventLoop _loop;
    private readonly OutputPump? _terminal;
    private readonly Action<bool> _hold;
    private byte[] _backlog = [];
    private int _start;
    private bool _endWhenEmpty;

    /// <param name="fd">The FIFO; unused with a terminal.</param>
    /// <param name="terminal">The pump of a terminal, or null.</param>
    /// <param name="hold">Told to stop and restart the flow of input.</param>
    public ProcessInput(EventLoop loop, int fd, OutputPump? terminal, Action<bool> hold)
    {
        _loop = loop;
        _terminal = terminal;
        _hold = hold;
        Fd = terminal is null ? fd : -1;
        if (Fd >= 0)
        {
            RawFiles.SetNonBlocking(Fd, true);
        }
    }

    /// <summary>The FIFO to hand to the engine, or -1.</summary>
    public int Fifo => Fd;

    private int Target => _terminal?.Fd ?? Fd;

    /// <summary>Writes what fits and keeps the rest; until that is gone no more may come.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (Target < 0)
        {
            return;
        }

        while (data.Length > 0)
        {
            var n = RawFiles.TryWrite(Target, data);
            if (n == -Errno.EAGAIN)
            {
                _backlog = data.ToArray();
                _start = 0;
                Wait(true);
                return;
            }

            if (n < 0)
            {
                // Nobody reads stdin any more. As with a closed pipe in a shell, the rest has nowhere to go.
                Close();
                return;
            }

            data = data[n..];
        }
    }

    /// <summary>Goes on with what did not fit.</summary>
    public void Flush()
    {
        if (_backlog.Length == 0)
        {
            return;
        }

        var rest = _backlog.AsSpan(_start);
        var n = RawFiles.TryWrite(Target, rest);
        if (n == -Errno.EAGAIN)
        {
            return;
        }

        _start += Math.Max(n, 0);
        if (n < 0 || _start == _backlog.Length)
        {
            _backlog = [];
            Wait(false);
            if (n < 0 || _endWhenEmpty)
            {
                Close();
            }
        }
    }

    /// <summary>The process sees the end of its input after what was written. A terminal has no such thing.</summary>
    public void End()
    {
        if (_backlog.Length > 0)
        {
            _endWhenEmpty = true;
        }
        else
        {
            Close();
        }
    }

    public override void Ready(EpollEvents events)
    {
        if ((events & EpollEvents.Out) != 0)
        {
            Flush();
        }
        else
        {
            _backlog = [];
            Close();
            _hold(false);
        }
    }

    public void Close()
    {
        if (Fd >= 0)
        {
            _loop.Unwatch(this);
            RawFiles.Close(Fd);
            Fd = -1;
        }
    }

    private void Wait(bool wait)
    {
        if (_terminal is not null)
        {
            _terminal.WaitForInputRoom(wait);
        }
        else if (wait)
        {
            _loop.Watch(this, EpollEvents.Out);
        }
        else
        {
            _loop.Unwatch(this);
        }

        _hold(wait);
    }
}
