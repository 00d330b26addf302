using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A log server on loopback that keeps what it gets: datagrams as they come, or all bytes of all connections.</summary>
internal sealed class LogServer : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private readonly bool _reads;
    private readonly MemoryStream _bytes = new();
    private readonly List<byte[]> _datagrams = [];

    private LogServer(ProtocolType protocol, int port, bool reads)
    {
        _reads = reads;
        _socket = new Socket(AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        if (protocol == ProtocolType.Tcp)
        {
            _socket.Listen();
        }

        _work = Task.Run(() => protocol == ProtocolType.Tcp ? AcceptAsync() : ReceiveAsync());
    }

    internal int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    internal string Text
    {
        get
        {
            lock (_bytes)
            {
                return Encoding.UTF8.GetString(_bytes.ToArray());
            }
        }
    }

    internal IReadOnlyList<byte[]> Datagrams
    {
        get
        {
            lock (_bytes)
            {
                return [.. _datagrams];
            }
        }
    }

    /// <param name="reads">False: connections are accepted and never read.</param>
    internal static LogServer Tcp(int port = 0, bool reads = true) => new(ProtocolType.Tcp, port, reads);

    internal static LogServer Udp() => new(ProtocolType.Udp, 0, true);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        _socket.Dispose();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var connection = await _socket.AcceptAsync(_stop.Token);
                connections.Add(ReadAsync(connection));
            }
        }
        finally
        {
            await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(Socket connection)
    {
        using (connection)
        {
            if (!_reads)
            {
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            var buffer = new byte[16 * 1024];
            while (await connection.ReceiveAsync(buffer, _stop.Token) is > 0 and var n)
            {
                lock (_bytes)
                {
                    _bytes.Write(buffer, 0, n);
                }
            }
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var n = await _socket.ReceiveAsync(buffer, _stop.Token);
            lock (_bytes)
            {
                _bytes.Write(buffer, 0, n);
                _datagrams.Add(buffer[..n]);
            }
        }
    }
}
