using System.Net;
using System.Net.Sockets;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Ports;

/// <summary>
/// Relays datagrams of a host port to the container. Each client has a socket of its own towards the container, through which answers find
/// back; it goes after a while of silence, or when newer clients need its place.
/// </summary>
internal sealed class UdpForwarder : IPortForwarder, IEpollHandler
{
    private const int MaxClients = 1024;
    private const int DatagramsPerTurn = 64;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(90);

    private readonly ForwarderContext _context;
    private readonly NativeSocket _listener;
    private readonly Dictionary<string, Client> _clients = [];
    private readonly LinkedList<Client> _byAge = [];
    private readonly long _token;
    private IPEndPoint? _target;
    private bool _sweeping;
    private bool _closed;

    /// <param name="listener">A bound socket; owned from here on.</param>
    public UdpForwarder(ForwarderContext context, NativeSocket listener)
    {
        _context = context;
        _listener = listener;
        _token = context.Loop.Add(listener.Handle, EpollEvents.In, this);
    }

    public void SetTarget(IPEndPoint? target) => _context.Loop.Post(() =>
    {
        _target = target;
        DropAll();
    });

    public void Close() => _context.Loop.PostAndWait(() =>
    {
        _closed = true;
        DropAll();
        _context.Loop.Remove(_listener.Handle, _token);
        _listener.Dispose();
    });

    public void OnReady(EpollEvents events)
    {
        Span<byte> address = stackalloc byte[NativeSocket.MaxAddress];
        for (var i = 0; i < DatagramsPerTurn && !_closed; i++)
        {
            var count = _listener.ReceiveFrom(_context.Datagram, address, out var length);
            if (count < 0)
            {
                return;
            }

            ClientOf(address[..length])?.Send(_context.Datagram.AsSpan(0, count));
        }
    }

    private Client? ClientOf(ReadOnlySpan<byte> address)
    {
        if (_target is not { } target)
        {
            return null;
        }

        var key = Convert.ToHexString(address);
        if (!_clients.TryGetValue(key, out var client))
        {
            if (_clients.Count >= MaxClients)
            {
                Drop(_byAge.First!.Value);
            }

            client = Open(key, address.ToArray(), target);
        }

        if (client is not null)
        {
            _byAge.Remove(client.Age);
            _byAge.AddLast(client.Age);
            client.LastSeen = Environment.TickCount64;
        }

        return client;
    }

    private Client? Open(string key, byte[] address, IPEndPoint target)
    {
        NativeSocket? socket = null;
        try
        {
            socket = _context.Host.RunHome(() => NativeSocket.Open(target.AddressFamily, SocketType.Dgram));
            if (socket.Connect(target) < 0)
            {
                socket.Dispose();
                return null;
            }

            var client = new Client(this, key, address, socket);
            _clients[key] = client;
            SweepLater();
            return client;
        }
        catch (LinuxException e)
        {
            socket?.Dispose();
            _context.Warn($"can't forward a datagram to {target}: {e.Message}");
            return null;
        }
    }

    private void SweepLater()
    {
        if (!_sweeping)
        {
            _sweeping = true;
            _context.Loop.After(s_idle, Sweep);
        }
    }

    private void Sweep()
    {
        _sweeping = false;
        var limit = Environment.TickCount64 - (long)s_idle.TotalMilliseconds;
        while (_byAge.First is { } oldest && oldest.Value.LastSeen <= limit)
        {
            Drop(oldest.Value);
        }

        if (_clients.Count > 0)
        {
            SweepLater();
        }
    }

    private void DropAll()
    {
        foreach (var client in _clients.Values.ToArray())
        {
            Drop(client);
        }
    }

    private void Drop(Client client)
    {
        _clients.Remove(client.Key);
        if (client.Age.List is not null)
        {
            _byAge.Remove(client.Age);
        }

        client.Close();
    }

    private sealed class Client : IEpollHandler
    {
        private readonly UdpForwarder _owner;
        private readonly byte[] _address;
        private readonly NativeSocket _socket;
        private readonly long _token;

        public Client(UdpForwarder owner, string key, byte[] address, NativeSocket socket)
        {
            _owner = owner;
            _address = address;
            _socket = socket;
            Key = key;
            Age = owner._byAge.AddLast(this);
            _token = owner._context.Loop.Add(socket.Handle, EpollEvents.In, this);
        }

        public string Key { get; }

        public LinkedListNode<Client> Age { get; }

        public long LastSeen { get; set; }

        public void Send(ReadOnlySpan<byte> datagram) => _ = _socket.Send(datagram);

        public void OnReady(EpollEvents events)
        {
            for (var i = 0; i < DatagramsPerTurn; i++)
            {
                var count = _socket.Receive(_owner._context.Datagram);
                if (count >= 0)
                {
                    _ = _owner._listener.SendTo(_owner._context.Datagram.AsSpan(0, count), _address);
                }
                else if (count != -Errno.ECONNREFUSED)
                {
                    return;
                }
            }
        }

        public void Close()
        {
            _owner._context.Loop.Remove(_socket.Handle, _token);
            _socket.Dispose();
        }
    }
}
