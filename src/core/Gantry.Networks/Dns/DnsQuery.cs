using System.Buffers.Binary;

namespace Gantry.Networks.Dns;

/// <summary>A question that a container asks.</summary>
internal readonly record struct DnsQuery
{
    public DnsQuery()
    {
    }

    private const int MaxExtraRecords = 16;

    public required ushort Id { get; init; }

    /// <summary>Second byte pair of the header, as sent.</summary>
    public required ushort Flags { get; init; }

    /// <summary>Lower case, without the last dot; null when it can't be one of ours.</summary>
    public string? Name { get; init; }

    public ushort Type { get; init; }

    public ushort Class { get; init; }

    /// <summary>End of the question section in the message.</summary>
    public int QuestionEnd { get; init; }

    /// <summary>The client speaks EDNS (RFC 6891).</summary>
    public bool Edns { get; init; }

    /// <summary>Longest UDP answer the client takes.</summary>
    public int UdpSize { get; init; } = DnsWire.PlainUdpSize;

    /// <summary>The client wants DNSSEC records.</summary>
    public bool DnssecOk { get; init; }

    public bool RecursionDesired => (Flags & (DnsWire.RecursionDesiredBit << 8)) != 0;

    public bool CheckingDisabled => (Flags & DnsWire.CheckingDisabledBit) != 0;

    /// <summary>
    /// Reads a query. False: not to be answered at all (<paramref name="error"/> is null), or only with an error code to the header that
    /// <paramref name="query"/> then has.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out DnsQuery query, out DnsCode? error)
    {
        error = null;
        query = new DnsQuery { Id = 0, Flags = 0 };
        if (message.Length < DnsWire.HeaderSize || (message[2] & DnsWire.ResponseBit) != 0)
        {
            return false;
        }

        query = new DnsQuery { Id = BinaryPrimitives.ReadUInt16BigEndian(message), Flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]) };
        if (((message[2] >> 3) & 0xf) != 0)
        {
            error = DnsCode.NotImplemented;
            return false;
        }

        error = DnsCode.FormatError;
        var reader = new DnsReader(message);
        if (DnsReader.U16(message, 4) != 1 || !reader.TryReadPlainName(out var name) || !reader.TryReadU16(out var type) || !reader.TryReadU16(out var @class))
        {
            return false;
        }

        query = query with { Name = name, Type = type, Class = @class, QuestionEnd = reader.Position };
        return TryReadEdns(message, reader, ref query);
    }

    private static bool TryReadEdns(ReadOnlySpan<byte> message, DnsReader reader, ref DnsQuery query)
    {
        var records = DnsReader.U16(message, 6) + DnsReader.U16(message, 8) + DnsReader.U16(message, 10);
        for (var i = 0; i < records; i++)
        {
            if (i == MaxExtraRecords || !reader.TryReadRecord(out var record))
            {
                return false;
            }

            if (record.Type == DnsType.Opt)
            {
                query = query with
                {
                    Edns = true,
                    UdpSize = Math.Clamp((int)record.Class, DnsWire.PlainUdpSize, DnsWire.MaxUdpSize),
                    DnssecOk = (record.Ttl & 0x8000) != 0,
                };
            }
        }

        return true;
    }
}
