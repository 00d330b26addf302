using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Dns;

/// <summary>
/// Asks other name servers. Each question has a socket, a source port and an id of its own, and an answer counts only when it comes from the
/// server asked, with that id and that question.
/// </summary>
internal sealed class DnsForwarder(NamespaceThread host, DnsCache cache)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(3);

    /// <summary>The answer for a question, with the client's id; a server failure when nobody answers. Never longer than <paramref name="limit"/>.</summary>
    public async Task<byte[]> AskAsync(byte[] message, DnsQuery query, DnsContext context, bool tcp, int limit, CancellationToken ct)
    {
        if (context.Upstreams() is not { Servers.Count: > 0 } upstreams)
        {
            return DnsAnswer.Code(message, query, DnsCode.ServerFailure);
        }

        if (cache.Find(upstreams, query, message) is { } known)
        {
            return Fit(known, query, limit);
        }

        byte[]? last = null;
        foreach (var server in upstreams.Servers)
        {
            last = await TryAskAsync(message, query, context, server, tcp, ct).ConfigureAwait(false) ?? last;
            if (last is not null && (DnsCode)(last[3] & 0xf) is not (DnsCode.ServerFailure or DnsCode.Refused))
            {
                cache.Store(upstreams, query, last);
                break;
            }
        }

        return last is null ? DnsAnswer.Code(message, query, DnsCode.ServerFailure) : Fit(last, query, limit);
    }

    /// <summary>What does not fit the client's buffer is cut to the question and marked, so that the client asks again over TCP.</summary>
    private static byte[] Fit(byte[] answer, DnsQuery query, int limit)
    {
        if (answer.Length <= limit)
        {
            return answer;
        }

        var cut = answer[..query.QuestionEnd];
        cut[2] |= DnsWire.TruncatedBit;
        cut.AsSpan(6, 6).Clear();
        return cut;
    }

    private async Task<byte[]?> TryAskAsync(byte[] message, DnsQuery query, DnsContext context, Upstream server, bool tcp, CancellationToken ct)
    {
        var question = (byte[])message.Clone();
        RandomNumberGenerator.Fill(question.AsSpan(0, 2));
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(s_timeout);
        try
        {
            var answer = tcp
                ? await AskTcpAsync(question, context, server, timeout.Token).ConfigureAwait(false)
                : await AskUdpAsync(question, query, context, server, timeout.Token).ConfigureAwait(false);
            message.AsSpan(0, 2).CopyTo(answer);
            return answer;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<byte[]> AskUdpAsync(byte[] question, DnsQuery query, DnsContext context, Upstream server, CancellationToken ct)
    {
        using var socket = Open(context, server, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server.Endpoint, ct).ConfigureAwait(false);
        await socket.SendAsync(question, ct).ConfigureAwait(false);
        var buffer = new byte[DnsWire.MaxUdpSize];
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer, ct).ConfigureAwait(false);
            if (IsAnswer(buffer.AsSpan(0, count), question, query.QuestionEnd))
            {
                return buffer[..count];
            }
        }
    }

    private async Task<byte[]> AskTcpAsync(byte[] question, DnsContext context, Upstream server, CancellationToken ct)
    {
        using var socket = Open(context, server, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Endpoint, ct).ConfigureAwait(false);
        using var stream = new NetworkStream(socket);
        await DnsStream.WriteAsync(stream, question, ct).ConfigureAwait(false);
        var answer = await DnsStream.ReadAsync(stream, ct).ConfigureAwait(false) ?? throw new EndOfStreamException();
        return answer.Length >= DnsWire.HeaderSize && answer[0] == question[0] && answer[1] == question[1]
            ? answer
            : throw new IOException("The answer is to another question.");
    }

    private static bool IsAnswer(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> question, int questionEnd)
    {
        if (answer.Length < questionEnd || !answer[..2].SequenceEqual(question[..2]) || (answer[2] & DnsWire.ResponseBit) == 0
            || BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) != 1)
        {
            return false;
        }

        for (var i = DnsWire.HeaderSize; i < questionEnd; i++)
        {
            if (char.ToLowerInvariant((char)answer[i]) != char.ToLowerInvariant((char)question[i]))
            {
                return false;
            }
        }

        return true;
    }

    private Socket Open(DnsContext context, Upstream server, SocketType type, ProtocolType protocol)
    {
        Socket Create() => new(server.Endpoint.AddressFamily, type, protocol);
        return server.FromHost ? host.RunHome(Create) : host.RunIn(context.Namespace, Create);
    }
}
