using System.Net;
using System.Text;

namespace Gantry.Networks.Dns;

/// <summary>Builds answers of our own. The room given must hold <see cref="DnsWire.PlainUdpSize"/> bytes, which all but lists of addresses fit.</summary>
internal static class DnsAnswer
{
    /// <summary>How long answers about containers may be kept, in seconds; as Docker's server has it.</summary>
    private const uint Ttl = 600;
    private const ushort PointerToQuestion = 0xc00c;
    private const int RecordHeader = 12;
    private const int OptRecord = 11;

    /// <summary>An answer without records to a message of which at least the header was read.</summary>
    public static byte[] Code(ReadOnlySpan<byte> message, DnsQuery query, DnsCode code)
    {
        Span<byte> answer = stackalloc byte[DnsWire.PlainUdpSize];
        return answer[..WriteCode(message, query, code, answer)].ToArray();
    }

    /// <summary>Writes an answer without records; returns its length.</summary>
    public static int WriteCode(ReadOnlySpan<byte> message, DnsQuery query, DnsCode code, Span<byte> answer)
    {
        var writer = Start(message, query, code, answer);
        return Finish(ref writer, query, 0);
    }

    /// <summary>
    /// Writes the addresses of one family; as many as fit in <paramref name="limit"/> bytes, else marked as truncated so that the client asks
    /// over TCP. Returns the answer's length.
    /// </summary>
    public static int WriteAddresses(ReadOnlySpan<byte> message, DnsQuery query, ReadOnlySpan<IPAddress> addresses, int limit, Span<byte> answer)
    {
        var writer = Start(message, query, DnsCode.NoError, answer[..limit]);
        var count = 0;
        foreach (var address in addresses)
        {
            var length = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4 : 16;
            if (writer.Left < RecordHeader + length + (query.Edns ? OptRecord : 0))
            {
                answer[2] |= DnsWire.TruncatedBit;
                break;
            }

            StartRecord(ref writer, query.Type, length);
            _ = address.TryWriteBytes(writer.Take(length), out _);
            count++;
        }

        return Finish(ref writer, query, count);
    }

    /// <summary>Writes the name of an address; returns the answer's length.</summary>
    public static int WritePointer(ReadOnlySpan<byte> message, DnsQuery query, string name, Span<byte> answer)
    {
        var writer = Start(message, query, DnsCode.NoError, answer);
        var data = EncodeName(name);
        StartRecord(ref writer, DnsType.Ptr, data.Length);
        writer.Bytes(data);
        return Finish(ref writer, query, 1);
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

    private static DnsWriter Start(ReadOnlySpan<byte> message, DnsQuery query, DnsCode code, Span<byte> answer)
    {
        var writer = new DnsWriter(answer);
        writer.Bytes(message[..2]);
        writer.Byte((byte)(DnsWire.ResponseBit | (message[2] & 0x79)));
        writer.Byte((byte)(DnsWire.RecursionAvailableBit | (message[3] & DnsWire.CheckingDisabledBit) | (int)code));
        writer.U16((ushort)(query.QuestionEnd > 0 ? 1 : 0));
        writer.U16(0);
        writer.U16(0);
        writer.U16((ushort)(query.Edns ? 1 : 0));
        if (query.QuestionEnd > 0)
        {
            writer.Bytes(message[DnsWire.HeaderSize..query.QuestionEnd]);
        }

        return writer;
    }

    private static void StartRecord(ref DnsWriter writer, ushort type, int length)
    {
        writer.U16(PointerToQuestion);
        writer.U16(type);
        writer.U16(DnsWire.ClassIn);
        writer.U32(Ttl);
        writer.U16((ushort)length);
    }

    /// <summary>
    /// Clients that speak EDNS get our own OPT record: root name, type, our UDP size, no flags, no options. The count of answers is set where
    /// the header has it.
    /// </summary>
    private static int Finish(ref DnsWriter writer, DnsQuery query, int answers)
    {
        writer.U16At(6, (ushort)answers);
        if (query.Edns)
        {
            writer.Byte(0);
            writer.U16(DnsType.Opt);
            writer.U16(DnsWire.MaxUdpSize);
            writer.U32(0);
            writer.U16(0);
        }

        return writer.Position;
    }
}
