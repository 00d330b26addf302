using System.Net;
using System.Net.Sockets;
using Gantry.Linux.Networking;
using Gantry.Networks.Dns;

namespace Gantry.Networks.Tests.Support;

/// <summary>A name server somewhere else, whose answers a test writes.</summary>
internal sealed class FakeNameServer : IDisposable
{
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly Func<byte[], bool, IEnumerable<byte[]>> _answer;
    private int _asked;

    /// <param name="answer">Datagrams to send for a question; the flag says that it came over TCP, where only the first counts.</param>
    public FakeNameServer(TestMachine machine, NetworkNamespace space, string address, Func<byte[], bool, IEnumerable<byte[]>> answer)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(address), 53);
        _answer = answer;
        (_udp, _tcp) = machine.In(space, () => (new Socket(SocketType.Dgram, ProtocolType.Udp), new Socket(SocketType.Stream, ProtocolType.Tcp)));
        _udp.Bind(endpoint);
        _tcp.Bind(endpoint);
        _tcp.Listen();
        _ = ServeUdpAsync();
        _ = ServeTcpAsync();
    }

    /// <summary>Questions so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>An answer with one record for the first question of a message.</summary>
    public static byte[] Address(byte[] question, string address, uint ttl = 60)
    {
        Assert.True(DnsQuery.TryParse(question, out var query, out _));
        var answer = new byte[DnsWire.PlainUdpSize];
        Array.Resize(ref answer, DnsAnswer.WriteAddresses(question, query with { Edns = false }, [IPAddress.Parse(address)], answer.Length, answer));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(query.QuestionEnd + 6), ttl);
        return answer;
    }

    public void Dispose()
    {
        _udp.Dispose();
        _tcp.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[DnsWire.MaxMessage];
        try
        {
            while (true)
            {
                var request = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.IPv6Any, 0));
                Interlocked.Increment(ref _asked);
                foreach (var answer in _answer(buffer[..request.ReceivedBytes], false))
                {
                    await _udp.SendToAsync(answer, request.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var client = new NetworkStream(await _tcp.AcceptAsync(), ownsSocket: true);
                if (await DnsStream.ReadAsync(client, default) is { } question)
                {
                    Interlocked.Increment(ref _asked);
                    await DnsStream.WriteAsync(client, _answer(question, true).First(), default);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return;
        }
    }
}
