using System.Net;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Ports;

/// <summary>Accepts connections on a host port and relays each to the container.</summary>
internal sealed class TcpForwarder : IPortForwarder, IEpollHandler
{
    private const int AcceptsPerTurn = 64;
    private static readonly TimeSpan s_pauseWithoutDescriptors = TimeSpan.FromMilliseconds(200);

    private readonly ForwarderContext _context;
    private readonly NativeSocket _listener;
    private readonly int _protocol;
    private readonly HashSet<TcpRelay> _relays = [];
    private readonly long _token;
    private IPEndPoint? _target;
    private bool _closed;

    /// <param name="listener">A listening socket; owned from here on.</param>
    /// <param name="protocol">Protocol of connections to the container; 0 for TCP.</param>
    public TcpForwarder(ForwarderContext context, NativeSocket listener, int protocol)
    {
        _context = context;
        _listener = listener;
        _protocol = protocol;
        _token = context.Loop.Add(listener.Handle, EpollEvents.In, this);
    }

    public void SetTarget(IPEndPoint? target) => _context.Loop.Post(() =>
    {
        _target = target;
        EndRelays();
    });

    public void Close() => _context.Loop.PostAndWait(() =>
    {
        _closed = true;
        EndRelays();
        _context.Loop.Remove(_listener.Handle, _token);
        _listener.Dispose();
    });

    public void OnReady(EpollEvents events)
    {
        for (var i = 0; i < AcceptsPerTurn && !_closed; i++)
        {
            var client = _listener.Accept(out var error);
            if (client is not null)
            {
                Relay(client);
            }
            else if (error is -Errno.EMFILE or -Errno.ENFILE)
            {
                Pause();
                return;
            }
            else if (error is -Errno.EAGAIN)
            {
                return;
            }
        }
    }

    private void Relay(NativeSocket client)
    {
        if (_target is not { } target)
        {
            client.Dispose();
            return;
        }

        try
        {
            var relay = new TcpRelay(_context, client, r => _relays.Remove(r));
            _relays.Add(relay);
            relay.Start(target, _protocol);
        }
        catch (LinuxException e)
        {
            client.Dispose();
            _context.Warn($"can't forward a connection to {target}: {e.Message}");
        }
    }

    /// <summary>Without descriptors the listener stays readable: look away for a moment rather than spin.</summary>
    private void Pause()
    {
        _context.Loop.Modify(_listener.Handle, _token, EpollEvents.None);
        _context.Loop.After(s_pauseWithoutDescriptors, () =>
        {
            if (!_closed)
            {
                _context.Loop.Modify(_listener.Handle, _token, EpollEvents.In);
            }
        });
    }

    private void EndRelays()
    {
        foreach (var relay in _relays.ToArray())
        {
            relay.Dispose();
        }
    }
}
