using Gantry.Apps.Monitor.Loop;
using Gantry.Apps.Monitor.Processes;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Engine;

/// <summary>The connection to the engine. What can't be sent at once waits in memory: an engine that is slow to read loses nothing.</summary>
internal sealed class EngineLink : Source
{
    public const int ProtocolVersion = 1;

    private readonly EventLoop _loop;
    private readonly Supervisor _supervisor;
    private readonly MessageWriter _writer = new();
    private readonly Queue<(byte[] Message, int[] Descriptors)> _unsent = new();
    private readonly byte[] _receive = GC.AllocateUninitializedArray<byte>(RequestReader.MaxMessage, pinned: true);

    public EngineLink(EventLoop loop, Supervisor supervisor, int fd)
    {
        _loop = loop;
        _supervisor = supervisor;
        Fd = fd;
        RawFiles.SetNonBlocking(fd, true);
        loop.Watch(this, EpollEvents.In);
    }

    public override void Ready(EpollEvents events)
    {
        if ((events & EpollEvents.Out) != 0)
        {
            SendUnsent();
        }

        if ((events & EpollEvents.In) != 0)
        {
            Receive();
        }
        else if ((events & (EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            Close();
        }
    }

    public void Close()
    {
        if (Fd < 0)
        {
            return;
        }

        _loop.Unwatch(this);
        RawFiles.Close(Fd);
        Fd = -1;
        foreach (var (_, descriptors) in _unsent)
        {
            CloseAll(descriptors);
        }

        _unsent.Clear();
        if (_supervisor.Engine == this)
        {
            _supervisor.Engine = null;
            _supervisor.StopWhenIdle();
        }
    }

    /// <summary>Answers an engine's first message with all there is.</summary>
    public void SendWelcome(uint requestId)
    {
        _writer.Begin(MessageKind.Welcome, requestId)
            .Add(Field.Version, ProtocolVersion)
            .Add(Field.Pid, Environment.ProcessId)
            .Add(Field.Flags, _supervisor.AwaitsAdoption ? 1 : 0);
        Send([]);
        foreach (var process in _supervisor.Processes)
        {
            SendProcess(MessageKind.Process, requestId, process);
        }

        _writer.Begin(MessageKind.Listed, requestId);
        Send([]);
    }

    public void SendLaunched(uint requestId, MonitoredProcess process) => SendProcess(MessageKind.Launched, requestId, process);

    public void SendDone(uint requestId, int status)
    {
        _writer.Begin(MessageKind.Done, requestId).Add(Field.WaitStatus, status);
        Send([]);
    }

    public void SendFailed(uint requestId, ErrorKind kind, string text)
    {
        _writer.Begin(MessageKind.Failed, requestId).Add(Field.ErrorKind, (long)kind).Add(Field.Text, text);
        Send([]);
    }

    public void SendExited(ProcessRecord record)
    {
        record.Write(_writer.Begin(MessageKind.Exited, 0));
        Send([]);
    }

    public void SendOom(string id)
    {
        _writer.Begin(MessageKind.OutOfMemory, 0).Add(Field.Id, id);
        Send([]);
    }

    public void SendAttachmentEnded(uint id)
    {
        _writer.Begin(MessageKind.AttachmentEnded, 0).Add(Field.AttachmentId, id);
        Send([]);
    }

    private void SendProcess(MessageKind kind, uint requestId, MonitoredProcess process)
    {
        Span<int> descriptors = stackalloc int[8];
        var kinds = process.Descriptors(descriptors, out var count);
        process.Record.Write(_writer.Begin(kind, requestId));
        _writer.Add(Field.Descriptors, (long)kinds);
        Send(descriptors[..count]);
    }

    private void Send(ReadOnlySpan<int> descriptors)
    {
        if (Fd < 0)
        {
            return;
        }

        var n = _unsent.Count > 0 ? -Errno.EAGAIN : UnixSockets.TrySend(Fd, _writer.Message, descriptors);
        if (n == -Errno.EAGAIN)
        {
            _unsent.Enqueue((_writer.Message.ToArray(), DuplicateAll(descriptors)));
            _loop.Change(this, EpollEvents.In | EpollEvents.Out);
        }
        else if (n < 0)
        {
            // The engine is gone; its end of file follows and closes this.
            MonitorLog.Write($"engine does not receive: {new LinuxException("sendmsg", -n).Message}");
        }
    }

    private void SendUnsent()
    {
        while (_unsent.TryPeek(out var next))
        {
            var n = UnixSockets.TrySend(Fd, next.Message, next.Descriptors);
            if (n == -Errno.EAGAIN)
            {
                return;
            }

            CloseAll(next.Descriptors);
            _unsent.Dequeue();
        }

        _loop.Change(this, EpollEvents.In);
    }

    private void Receive()
    {
        Span<int> descriptors = stackalloc int[UnixSockets.MaxDescriptors];
        var n = UnixSockets.TryReceive(Fd, _receive, descriptors, out var count);
        if (n == -Errno.EAGAIN)
        {
            return;
        }

        if (n <= 0)
        {
            Close();
            return;
        }

        if (!RequestReader.Handle(_supervisor, this, _receive.AsSpan(0, n), descriptors[..count]))
        {
            MonitorLog.Write("engine sent what is no request; connection closed");
            CloseAll(descriptors[..count]);
            Close();
        }
    }

    private static int[] DuplicateAll(ReadOnlySpan<int> descriptors)
    {
        var copies = new int[descriptors.Length];
        for (var i = 0; i < copies.Length; i++)
        {
            copies[i] = RawFiles.Duplicate(descriptors[i]);
        }

        return copies;
    }

    private static void CloseAll(ReadOnlySpan<int> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            RawFiles.Close(descriptor);
        }
    }
}
