using System.Net;
using System.Net.Sockets;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Ports;

/// <summary>
/// One connection between a client and a container. Bytes stay in the kernel; each side's end is passed on to the other alone, so that
/// half-closed connections work. Lives on the loop's thread.
/// </summary>
internal sealed class TcpRelay(ForwarderContext context, NativeSocket client, Action<TcpRelay> onClosed) : IEpollHandler, IDisposable
{
    private const EpollEvents Interest = EpollEvents.In | EpollEvents.Out | EpollEvents.ReadHangUp | EpollEvents.EdgeTriggered;

    /// <summary>How long a container may take to accept.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(20);

    private NativeSocket? _server;
    private Direction? _up;
    private Direction? _down;
    private long _clientToken;
    private long _serverToken;
    private bool _connected;
    private bool _closed;

    public void Start(IPEndPoint target, int protocol)
    {
        var server = context.Host.RunHome(() => NativeSocket.Open(target.AddressFamily, SocketType.Stream, protocol));
        _server = server;
        if (server.Connect(target) is var result && result < 0 && result != -Errno.EINPROGRESS)
        {
            Dispose();
            return;
        }

        // Registered only now: an unconnected socket reports that it hung up.
        _serverToken = context.Loop.Add(server.Handle, Interest, this);
        context.Loop.After(s_connectTimeout, () =>
        {
            if (!_connected)
            {
                Dispose();
            }
        });
    }

    public void OnReady(EpollEvents events)
    {
        if (_closed || (!_connected && !TryFinishConnect(events)))
        {
            return;
        }

        if (!_up!.Pump() || !_down!.Pump() || (_up.Finished && _down.Finished))
        {
            Dispose();
        }
        else if (_up.Unfinished || _down.Unfinished)
        {
            context.Loop.Post(() => OnReady(EpollEvents.None));
        }
    }

    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        Drop(client, _clientToken);
        Drop(_server, _serverToken);
        _up?.Dispose();
        _down?.Dispose();
        onClosed(this);
    }

    private bool TryFinishConnect(EpollEvents events)
    {
        if ((events & (EpollEvents.Out | EpollEvents.Error | EpollEvents.HangUp)) == 0)
        {
            return false;
        }

        if (_server!.Error != 0)
        {
            Dispose();
            return false;
        }

        try
        {
            _up = new Direction(client, _server);
            _down = new Direction(_server, client);
            _clientToken = context.Loop.Add(client.Handle, Interest, this);
            return _connected = true;
        }
        catch (LinuxException e)
        {
            context.Warn($"can't forward a connection: {e.Message}");
            Dispose();
            return false;
        }
    }

    private void Drop(NativeSocket? socket, long token)
    {
        if (token != 0)
        {
            context.Loop.Remove(socket!.Handle, token);
        }

        socket?.Dispose();
    }

    /// <summary>One way of a connection.</summary>
    private sealed class Direction(NativeSocket source, NativeSocket target) : IDisposable
    {
        /// <summary>Rounds before other connections get their turn.</summary>
        private const int MaxRounds = 16;

        private readonly SplicePipe _pipe = new();
        private bool _ended;

        /// <summary>All was passed on, the end as well.</summary>
        public bool Finished { get; private set; }

        /// <summary>The turn ended before the sockets were dry or full, so no event will tell that there is more to do.</summary>
        public bool Unfinished { get; private set; }

        /// <summary>Moves what can be moved now; false when the connection is broken.</summary>
        public bool Pump()
        {
            var moved = true;
            for (var round = 0; moved && round < MaxRounds && !Finished; round++)
            {
                moved = false;
                if (!Step(ref moved))
                {
                    return false;
                }
            }

            Unfinished = moved && !Finished;
            return true;
        }

        public void Dispose() => _pipe.Dispose();

        private bool Step(ref bool moved)
        {
            if (!_ended)
            {
                var count = _pipe.Fill(source);
                _ended = count == 0;
                moved |= count >= 0;
                if (count < 0 && count != -Errno.EAGAIN)
                {
                    return false;
                }
            }

            if (_pipe.Buffered > 0)
            {
                var count = _pipe.Drain(target);
                moved |= count > 0;
                if (count < 0 && count != -Errno.EAGAIN)
                {
                    return false;
                }
            }

            if (_ended && _pipe.Buffered == 0)
            {
                target.ShutdownSend();
                Finished = true;
            }

            return true;
        }
    }
}
