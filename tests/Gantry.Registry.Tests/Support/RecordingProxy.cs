using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gantry.Registry.Tests.Support;

/// <summary>Passes connections on to another address, remembering what clients sent and cutting connections where told.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<MemoryStream> _sent = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;

    internal RecordingProxy(string target)
    {
        _listener.Start();
        Address = $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        Target = IPEndPoint.Parse(target);
        _accepting = AcceptAsync();
    }

    internal string Address { get; }

    internal IPEndPoint Target { get; set; }

    /// <summary>Bytes a connection may send before it is cut; used up by the next connection that reaches it.</summary>
    internal ConcurrentQueue<long> CutAfterSent { get; } = new();

    /// <summary>Bytes clients sent over all connections.</summary>
    internal long TotalSent => _sent.Sum(stream => { lock (stream) { return stream.Length; } });

    /// <summary>How often requests whose line starts so were sent.</summary>
    internal int Count(string start) => _sent.Sum(stream =>
    {
        lock (stream)
        {
            var text = Encoding.Latin1.GetString(stream.ToArray());
            return text.Split("\r\n").Count(line => line.StartsWith(start, StringComparison.Ordinal));
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _connections.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(Target, _stop.Token);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var up = UpAsync(client, server.GetStream(), ended.Token);
            var down = server.GetStream().CopyToAsync(client.GetStream(), ended.Token);
            await Task.WhenAny(up, down);
            await ended.CancelAsync();
            await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task UpAsync(TcpClient client, NetworkStream server, CancellationToken cancellationToken)
    {
        var record = new MemoryStream();
        _sent.Enqueue(record);
        var buffer = new byte[16 * 1024];
        for (int read; (read = await client.GetStream().ReadAsync(buffer, cancellationToken)) > 0;)
        {
            lock (record)
            {
                record.Write(buffer, 0, read);
            }

            await server.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            if (CutAfterSent.TryPeek(out var limit) && record.Length >= limit && CutAfterSent.TryDequeue(out _))
            {
                client.LingerState = new LingerOption(true, 0);
                client.Close();
                return;
            }
        }
    }
}
