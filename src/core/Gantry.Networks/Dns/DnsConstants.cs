namespace Gantry.Networks.Dns;

/// <summary>Record types (RFC 1035 section 3.2.2 and later).</summary>
internal static class DnsType
{
    public const ushort A = 1;
    public const ushort Soa = 6;
    public const ushort Ptr = 12;
    public const ushort Aaaa = 28;
    public const ushort Opt = 41;
}

/// <summary>Response codes (RFC 1035 section 4.1.1, RFC 6891).</summary>
internal enum DnsCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NoSuchName = 3,
    NotImplemented = 4,
    Refused = 5,
}

/// <summary>Sizes and header bits (RFC 1035 section 4.1.1).</summary>
internal static class DnsWire
{
    public const int HeaderSize = 12;

    /// <summary>Longest UDP message for a client that announces nothing.</summary>
    public const int PlainUdpSize = 512;

    /// <summary>Longest UDP message sent to anyone, so that it is not fragmented much.</summary>
    public const int MaxUdpSize = 4096;
    public const int MaxMessage = 65535;
    public const int MaxName = 255;
    public const int MaxLabel = 63;
    public const ushort ClassIn = 1;

    public const byte ResponseBit = 0x80;
    public const byte TruncatedBit = 0x02;
    public const byte RecursionDesiredBit = 0x01;
    public const byte RecursionAvailableBit = 0x80;
    public const byte CheckingDisabledBit = 0x10;
}
