using System.Buffers;
using System.Net.Sockets;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Dns;

/// <summary>
/// The name server of one container: sockets in its namespace on a free port of 127.0.0.11, to which the namespace's own nftables rules lead
/// what is sent to port 53. The container can so bind port 53 itself.
/// </summary>
internal sealed class DnsListener : IEpollHandler, IDisposable
{
    public const string Address = "127.0.0.11";
    private const int MaxTcpClients = 64;
    private const int BatchesPerTurn = 4;
    private static readonly TimeSpan s_tcpIdle = TimeSpan.FromSeconds(10);

    private readonly DnsServer _server;
    private readonly DnsContext _context;
    private readonly NativeSocket _udp;
    private readonly NativeSocket _tcp;
    private readonly CancellationTokenSource _ending = new();
    private readonly long _udpToken;
    private readonly long _tcpToken;
    private int _tcpClients;

    /// <param name="server">What all listeners share.</param>
    /// <param name="udp">Bound socket in the container's namespace; owned from here on.</param>
    /// <param name="tcp">Listening socket on the same port; owned from here on.</param>
    public DnsListener(DnsServer server, DnsContext context, NativeSocket udp, NativeSocket tcp)
    {
        _server = server;
        _context = context;
        _udp = udp;
        _tcp = tcp;
        Port = udp.LocalPort;
        _udpToken = server.Loop.Add(udp.Handle, EpollEvents.In, this);
        _tcpToken = server.Loop.Add(tcp.Handle, EpollEvents.In, new TcpAcceptor(this));
    }

    public int Port { get; }

    /// <summary>Datagrams are waiting.</summary>
    public void OnReady(EpollEvents events)
    {
        var batch = _server.Batch;
        for (var i = 0; i < BatchesPerTurn; i++)
        {
            var count = batch.Receive(_udp);
            for (var message = 0; message < count; message++)
            {
                Answer(batch, message);
            }

            batch.Send(_udp);
            if (count < batch.Capacity)
            {
                return;
            }
        }
    }

    /// <summary>Closes the sockets, so that the namespace can go.</summary>
    public void Dispose()
    {
        _ending.Cancel();
        _server.Loop.PostAndWait(() =>
        {
            _server.Loop.Remove(_udp.Handle, _udpToken);
            _server.Loop.Remove(_tcp.Handle, _tcpToken);
            _udp.Dispose();
            _tcp.Dispose();
        });
        _ending.Dispose();
    }

    private void Answer(DatagramBatch batch, int index)
    {
        var message = batch.Message(index);
        if (DnsResolver.TryAnswer(message, _context, tcp: false, batch.Answer, out var length, out var query))
        {
            batch.AddAnswer(index, length);
        }
        else if (query is { } asked)
        {
            _ = ForwardAsync(message.ToArray(), asked, batch.Sender(index).ToArray());
        }
    }

    private async Task ForwardAsync(byte[] message, DnsQuery query, byte[] client)
    {
        // The loop must not run the sending of the question, nor wait for the namespace thread.
        await Task.Yield();
        try
        {
            var answer = await _server.Resolver.ForwardAsync(message, query, _context, tcp: false, _ending.Token).ConfigureAwait(false);
            _ = _udp.SendTo(answer, client);
        }
        catch (Exception e) when (_ending.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
            // The container went while its question was out.
        }
        catch (Exception e)
        {
            _server.Warn($"name server: {e.Message}");
        }
    }

    private void AcceptTcp()
    {
        while (_tcp.Accept(out _) is { } client)
        {
            if (Interlocked.Increment(ref _tcpClients) > MaxTcpClients)
            {
                Interlocked.Decrement(ref _tcpClients);
                client.Dispose();
                continue;
            }

            _ = ServeTcpAsync(client.ToSocket());
        }
    }

    private async Task ServeTcpAsync(Socket client)
    {
        await Task.Yield();
        try
        {
            using var stream = new NetworkStream(client, ownsSocket: true);
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            idle.CancelAfter(s_tcpIdle);
            while (await DnsStream.ReadAsync(stream, idle.Token).ConfigureAwait(false) is { } message)
            {
                if (await AnswerTcpAsync(message, idle.Token).ConfigureAwait(false) is not { } answer)
                {
                    return;
                }

                await DnsStream.WriteAsync(stream, answer, idle.Token).ConfigureAwait(false);
                idle.CancelAfter(s_tcpIdle);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client or the container went, or stayed silent for too long.
        }
        finally
        {
            Interlocked.Decrement(ref _tcpClients);
        }
    }

    private async Task<byte[]?> AnswerTcpAsync(byte[] message, CancellationToken ct)
    {
        if (TryAnswerTcp(message, out var answer, out var query) || query is null)
        {
            return answer;
        }

        return await _server.Resolver.ForwardAsync(message, query.Value, _context, tcp: true, ct).ConfigureAwait(false);
    }

    private bool TryAnswerTcp(byte[] message, out byte[]? answer, out DnsQuery? query)
    {
        var room = ArrayPool<byte>.Shared.Rent(DnsWire.MaxMessage);
        var known = DnsResolver.TryAnswer(message, _context, tcp: true, room, out var length, out query);
        answer = known ? room[..length] : null;
        ArrayPool<byte>.Shared.Return(room);
        return known;
    }

    private sealed class TcpAcceptor(DnsListener owner) : IEpollHandler
    {
        public void OnReady(EpollEvents events) => owner.AcceptTcp();
    }
}
