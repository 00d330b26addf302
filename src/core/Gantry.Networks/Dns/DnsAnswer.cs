using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Gantry.Networks.Dns;

/// <summary>Builds answers of our own.</summary>
internal static class DnsAnswer
{
    /// <summary>How long answers about containers may be kept, in seconds; as Docker's server has it.</summary>
    private const uint Ttl = 600;
    private const ushort PointerToQuestion = 0xc00c;

    /// <summary>An answer without records to a message of which at least the header was read.</summary>
    public static byte[] Code(ReadOnlySpan<byte> message, DnsQuery query, DnsCode code)
    {
        var answer = Start(message, query, code, query.QuestionEnd, 0);
        return Finish(answer, query);
    }

    /// <summary>Addresses; as many as fit in <paramref name="limit"/> bytes, else marked as truncated so that the client asks over TCP.</summary>
    public static byte[] Addresses(ReadOnlySpan<byte> message, DnsQuery query, IReadOnlyList<IPAddress> addresses, int limit)
    {
        var answer = Start(message, query, DnsCode.NoError, query.QuestionEnd, 0);
        var count = 0;
        foreach (var address in addresses)
        {
            var data = address.GetAddressBytes();
            if (answer.Count + 12 + data.Length + OptSize(query) > limit)
            {
                answer[2] |= DnsWire.TruncatedBit;
                break;
            }

            AddRecord(answer, query.Type, data);
            count++;
        }

        SetCount(answer, count);
        return Finish(answer, query);
    }

    /// <summary>The name of an address.</summary>
    public static byte[] Pointer(ReadOnlySpan<byte> message, DnsQuery query, string name)
    {
        var answer = Start(message, query, DnsCode.NoError, query.QuestionEnd, 1);
        AddRecord(answer, DnsType.Ptr, EncodeName(name));
        return Finish(answer, query);
    }

    /// <summary>A name in wire form; labels that are too long are cut.</summary>
    public static byte[] EncodeName(string name)
    {
        var bytes = new List<byte>(name.Length + 2);
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var text = Encoding.UTF8.GetBytes(label);
            var length = Math.Min(text.Length, DnsWire.MaxLabel);
            if (bytes.Count + length + 2 > DnsWire.MaxName)
            {
                break;
            }

            bytes.Add((byte)length);
            bytes.AddRange(text.AsSpan(0, length));
        }

        bytes.Add(0);
        return [.. bytes];
    }

    private static List<byte> Start(ReadOnlySpan<byte> message, DnsQuery query, DnsCode code, int questionEnd, int answers)
    {
        var answer = new List<byte>(DnsWire.PlainUdpSize);
        answer.AddRange(message[..2]);
        answer.Add((byte)(DnsWire.ResponseBit | (message[2] & 0x79)));
        answer.Add((byte)(DnsWire.RecursionAvailableBit | (message[3] & DnsWire.CheckingDisabledBit) | (int)code));
        answer.AddRange([0, (byte)(questionEnd > 0 ? 1 : 0), 0, (byte)answers, 0, 0, 0, (byte)(query.Edns ? 1 : 0)]);
        if (questionEnd > 0)
        {
            answer.AddRange(message[DnsWire.HeaderSize..questionEnd]);
        }

        return answer;
    }

    private static void AddRecord(List<byte> answer, ushort type, byte[] data)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(header, PointerToQuestion);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], type);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], DnsWire.ClassIn);
        BinaryPrimitives.WriteUInt32BigEndian(header[6..], Ttl);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)data.Length);
        answer.AddRange(header);
        answer.AddRange(data);
    }

    private static void SetCount(List<byte> answer, int count)
    {
        answer[6] = (byte)(count >> 8);
        answer[7] = (byte)count;
    }

    private static int OptSize(DnsQuery query) => query.Edns ? 11 : 0;

    /// <summary>Clients that speak EDNS get our own OPT record: root name, type, our UDP size, no flags, no options.</summary>
    private static byte[] Finish(List<byte> answer, DnsQuery query)
    {
        if (query.Edns)
        {
            answer.AddRange([0, 0, (byte)DnsType.Opt, DnsWire.MaxUdpSize >> 8, DnsWire.MaxUdpSize & 0xff, 0, 0, 0, 0, 0, 0]);
        }

        return [.. answer];
    }
}
