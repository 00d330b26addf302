using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gantry.Linux.Networking;
using Gantry.Networks.Dns;

namespace Gantry.Networks.Tests.Support;

/// <summary>What a name server said.</summary>
internal sealed record DnsReply(DnsCode Code, bool Truncated, IReadOnlyList<string> Answers, byte[] Raw);

/// <summary>Asks a name server as a container's C library does.</summary>
internal static class DnsClient
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    public static byte[] Question(string name, ushort type, ushort id = 0x1234, int ednsSize = 0)
    {
        var message = new List<byte> { (byte)(id >> 8), (byte)id, DnsWire.RecursionDesiredBit, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(ednsSize > 0 ? 1 : 0) };
        message.AddRange(DnsAnswer.EncodeName(name));
        message.AddRange([(byte)(type >> 8), (byte)type, 0, 1]);
        if (ednsSize > 0)
        {
            message.AddRange([0, 0, (byte)DnsType.Opt, (byte)(ednsSize >> 8), (byte)ednsSize, 0, 0, 0, 0, 0, 0]);
        }

        return [.. message];
    }

    public static async Task<DnsReply> ResolveAsync(this TestMachine machine, NetworkNamespace from, string name, ushort type = DnsType.A, bool tcp = false, int ednsSize = 0)
    {
        var reply = await machine.ExchangeAsync(from, Question(name, type, ednsSize: ednsSize), tcp) ?? throw new TimeoutException($"no answer for {name}");
        Assert.Equal(0x12, reply[0]);
        Assert.Equal(0x34, reply[1]);
        return Parse(reply);
    }

    /// <summary>Sends any bytes to the container's name server; null when it does not answer.</summary>
    public static async Task<byte[]?> ExchangeAsync(this TestMachine machine, NetworkNamespace from, byte[] message, bool tcp = false, TimeSpan? patience = null)
    {
        using var timeout = new CancellationTokenSource(patience ?? s_patience);
        using var socket = machine.In(from, () => tcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(DnsListener.Address), 53), timeout.Token);
            if (tcp)
            {
                using var stream = new NetworkStream(socket);
                await DnsStream.WriteAsync(stream, message, timeout.Token);
                return await DnsStream.ReadAsync(stream, timeout.Token);
            }

            await socket.SendAsync(message, timeout.Token);
            var buffer = new byte[DnsWire.MaxMessage];
            return buffer[..await socket.ReceiveAsync(buffer, timeout.Token)];
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public static DnsReply Parse(byte[] reply)
    {
        var answers = new List<string>();
        var reader = new DnsReader(reply);
        Assert.True(reader.TrySkipName() && reader.TryReadU16(out _) && reader.TryReadU16(out _));
        for (var i = 0; i < BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(6)); i++)
        {
            Assert.True(reader.TryReadRecord(out var record));
            answers.Add(record.Type switch
            {
                DnsType.A or DnsType.Aaaa => new IPAddress(reply.AsSpan(record.DataOffset, record.DataLength)).ToString(),
                DnsType.Ptr => NameAt(reply, record.DataOffset),
                _ => $"type {record.Type}",
            });
        }

        return new DnsReply((DnsCode)(reply[3] & 0xf), (reply[2] & DnsWire.TruncatedBit) != 0, answers, reply);
    }

    private static string NameAt(byte[] reply, int offset)
    {
        var labels = new List<string>();
        while (reply[offset] != 0)
        {
            labels.Add(System.Text.Encoding.ASCII.GetString(reply, offset + 1, reply[offset]));
            offset += reply[offset] + 1;
        }

        return string.Join('.', labels);
    }
}
