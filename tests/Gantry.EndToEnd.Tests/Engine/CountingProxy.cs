using System.Net;
using System.Net.Sockets;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A slow line to a TCP server that counts what goes over it.</summary>
internal sealed class CountingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly IPEndPoint _target;
    private readonly TimeSpan _pause;
    private long _up;
    private long _down;

    /// <param name="pause">Waited after every 64 KB in either direction.</param>
    internal CountingProxy(string target, TimeSpan pause)
    {
        _target = IPEndPoint.Parse(target);
        _pause = pause;
        _listener.Start();
        Address = $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    internal string Address { get; }

    /// <summary>Bytes clients have sent.</summary>
    internal long Up => Interlocked.Read(ref _up);

    /// <summary>Bytes the server has sent.</summary>
    internal long Down => Interlocked.Read(ref _down);

    /// <summary>Waits until nothing has gone over the line for a while.</summary>
    internal async Task QuietAsync()
    {
        for (var (last, quiet) = (-1L, 0); quiet < 15; quiet = Up + Down == last ? quiet + 1 : 0)
        {
            last = Up + Down;
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var server = new TcpClient();
            using (client)
            {
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(_target, _stop.Token);
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var up = CopyAsync(client, server, count => Interlocked.Add(ref _up, count), ended.Token);
                var down = CopyAsync(server, client, count => Interlocked.Add(ref _down, count), ended.Token);
                await Task.WhenAny(up, down);
                await ended.CancelAsync();
                await Task.WhenAll(up, down);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One of the two was killed.
            return;
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, Action<long> count, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.GetStream().ReadAsync(buffer, cancellationToken)) > 0;)
        {
            count(read);
            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            if (read > buffer.Length / 2)
            {
                await Task.Delay(_pause, cancellationToken);
            }
        }
    }
}
