using System.Buffers.Binary;

namespace Gantry.Networks.Dns;

/// <summary>Reads a message from strangers: never past its end, never around in circles.</summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;

    public int Position { get; private set; } = DnsWire.HeaderSize;

    public static ushort U16(ReadOnlySpan<byte> message, int offset) => BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);

    /// <summary>
    /// Reads a name without compression, as questions have it, into lower-case text without the last dot. Labels that contain dots or are not
    /// ASCII match no name of ours and give <paramref name="text"/> = null.
    /// </summary>
    public bool TryReadPlainName(out string? text)
    {
        Span<char> buffer = stackalloc char[DnsWire.MaxName];
        var length = 0;
        var plain = true;
        text = null;
        while (Position < _message.Length)
        {
            int label = _message[Position++];
            if (label == 0)
            {
                text = plain ? new string(buffer[..Math.Max(0, length - 1)]) : null;
                return true;
            }

            if (label > DnsWire.MaxLabel || Position + label > _message.Length || length + label + 1 >= DnsWire.MaxName)
            {
                return false;
            }

            foreach (var c in _message.Slice(Position, label))
            {
                plain &= c is > 0x20 and < 0x7f and not (byte)'.';
                buffer[length++] = c is >= (byte)'A' and <= (byte)'Z' ? (char)(c + 32) : (char)c;
            }

            buffer[length++] = '.';
            Position += label;
        }

        return false;
    }

    /// <summary>Steps over a name, which may end in a pointer; pointers are not followed, so none can form a loop.</summary>
    public bool TrySkipName()
    {
        for (var length = 0; Position < _message.Length && length < DnsWire.MaxName; length++)
        {
            int label = _message[Position++];
            if (label == 0)
            {
                return true;
            }

            if (label >= 0xc0)
            {
                return ++Position <= _message.Length;
            }

            if (label > DnsWire.MaxLabel)
            {
                return false;
            }

            Position += label;
        }

        return false;
    }

    public bool TryReadU16(out ushort value)
    {
        var fits = Position + 2 <= _message.Length;
        value = fits ? U16(_message, Position) : (ushort)0;
        Position += 2;
        return fits;
    }

    /// <summary>Reads a resource record; <see cref="DnsRecord.Ttl"/> and data are given by their place.</summary>
    public bool TryReadRecord(out DnsRecord record)
    {
        record = default;
        var start = Position;
        if (!TrySkipName() || Position + 10 > _message.Length)
        {
            return false;
        }

        var header = _message[Position..];
        var length = BinaryPrimitives.ReadUInt16BigEndian(header[8..]);
        record = new DnsRecord(
            start,
            BinaryPrimitives.ReadUInt16BigEndian(header),
            BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(header[4..]),
            Position + 4,
            Position + 10,
            length);
        Position += 10 + length;
        return Position <= _message.Length;
    }
}

/// <summary>A resource record by its places in the message.</summary>
/// <param name="Start">Where its name begins.</param>
/// <param name="Class">Class, or in an OPT record the sender's UDP size.</param>
internal readonly record struct DnsRecord(int Start, ushort Type, ushort Class, uint Ttl, int TtlOffset, int DataOffset, int DataLength);
