using System.Buffers.Binary;

namespace Gantry.Networks.Dns;

/// <summary>Writes a message into memory of the caller's, in network byte order. Writing past its end throws.</summary>
internal ref struct DnsWriter(Span<byte> room)
{
    private readonly Span<byte> _room = room;

    public int Position { get; private set; }

    /// <summary>Bytes that still fit.</summary>
    public readonly int Left => _room.Length - Position;

    /// <summary>The next bytes, for the caller to fill.</summary>
    public Span<byte> Take(int count)
    {
        var place = _room.Slice(Position, count);
        Position += count;
        return place;
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void U16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    public void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    /// <summary>Changes what was written at a place.</summary>
    public readonly void U16At(int offset, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(_room[offset..], value);
}
