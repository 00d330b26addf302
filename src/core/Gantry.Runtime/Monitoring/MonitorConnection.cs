using System.Collections.Concurrent;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Monitoring;

/// <summary>
/// The engine's end of the monitor's socket. A thread of its own receives, so that descriptors are taken in order and an engine
/// that is busy elsewhere still keeps up.
/// </summary>
internal sealed class MonitorConnection : IDisposable
{
    private const int MaxMessage = 128 * 1024;
    private const int ReaderStack = 256 * 1024;

    private readonly int _fd;
    private readonly Lock _sendLock = new();
    private readonly MessageWriter _writer = new();
    private readonly ConcurrentDictionary<uint, PendingRequest> _pending = new();
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _lastRequest;
    private bool _closed;

    public MonitorConnection(int fd)
    {
        _fd = fd;
        UnixSockets.TrySetBuffers(fd, MaxMessage * 2);
    }

    /// <summary>Messages that answer no request; called on the receiving thread, in order.</summary>
    public required Action<MonitorReply> OnEvent { get; init; }

    /// <summary>Completes when the monitor is gone or this was disposed.</summary>
    public Task Lost => _lost.Task;

    /// <summary>False once <see cref="Lost"/>.</summary>
    public bool IsAlive => !_lost.Task.IsCompleted;

    public int MonitorPid { get; set; }

    public void Start() => new Thread(ReceiveLoop, ReaderStack) { IsBackground = true, Name = "monitor" }.Start();

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <param name="build">Adds the fields; called once, under the sending lock.</param>
    /// <param name="descriptors">Sent along; they stay the caller's.</param>
    /// <param name="received">Called on the receiving thread before any later message is looked at.</param>
    /// <exception cref="MonitorLostException">The monitor ended.</exception>
    public async Task<MonitorReply> RequestAsync(
        MessageKind kind, Action<MessageWriter> build, ReadOnlyMemory<int> descriptors = default, Action<MonitorReply>? received = null)
    {
        var request = new PendingRequest(received);
        lock (_sendLock)
        {
            var id = ++_lastRequest;
            _pending[id] = request;
            build(_writer.Begin(kind, id));
            var sent = _closed ? -Errno.EPIPE : UnixSockets.TrySend(_fd, _writer.Message, descriptors.Span, wait: true);
            if (sent < 0)
            {
                _pending.TryRemove(id, out _);
                throw sent == -Errno.EMSGSIZE ? new LinuxException("sendmsg", Errno.EMSGSIZE, $"{kind} request") : new MonitorLostException();
            }
        }

        return await request.Reply.Task.ConfigureAwait(false);
    }

    /// <summary>Closes this end; the monitor goes on.</summary>
    public void Dispose()
    {
        lock (_sendLock)
        {
            if (!_closed)
            {
                _closed = true;
                UnixSockets.ShutdownBoth(_fd);
            }
        }
    }

    private void ReceiveLoop()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(MaxMessage, pinned: true);
        var descriptors = new int[UnixSockets.MaxDescriptors];
        while (true)
        {
            var n = UnixSockets.TryReceive(_fd, buffer, descriptors, out var count, wait: true);
            if (n <= 0)
            {
                break;
            }

            Dispatch(buffer.AsSpan(0, n), descriptors.AsSpan(0, count));
        }

        Fail();
    }

    private void Dispatch(ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        if (!MessageReader.TryOpen(message, out var kind, out var requestId, out _))
        {
            return;
        }

        var reply = new MonitorReply(kind, message.ToArray(), descriptors.ToArray());
        var isPart = kind is MessageKind.Process or MessageKind.Welcome;
        if (requestId != 0 && _pending.TryGetValue(requestId, out var request))
        {
            request.Received?.Invoke(reply);
            if (!isPart)
            {
                _pending.TryRemove(requestId, out _);
                request.Reply.TrySetResult(reply);
            }
        }
        else if (requestId == 0)
        {
            OnEvent(reply);
        }
        else
        {
            reply.CloseDescriptors();
        }
    }

    private void Fail()
    {
        lock (_sendLock)
        {
            _closed = true;
            RawFiles.Close(_fd);
        }

        foreach (var (id, request) in _pending)
        {
            if (_pending.TryRemove(id, out _))
            {
                request.Reply.TrySetException(new MonitorLostException());
            }
        }

        _lost.TrySetResult();
    }

    private sealed class PendingRequest(Action<MonitorReply>? received)
    {
        public Action<MonitorReply>? Received { get; } = received;

        public TaskCompletionSource<MonitorReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
