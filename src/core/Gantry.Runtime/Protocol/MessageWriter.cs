using System.Buffers.Binary;
using System.Text;

namespace Gantry.Runtime.Protocol;

/// <summary>
/// Builds a message: kind (2 bytes), zero (2), request id (4), then fields of tag (1), length (4) and value; all little-endian.
/// One instance can be used again and again.
/// </summary>
public sealed class MessageWriter
{
    public const int HeaderSize = 8;

    private byte[] _buffer = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Message => _buffer.AsSpan(0, Length);

    /// <summary>Everything after the header: a record as it is kept on disk.</summary>
    public ReadOnlySpan<byte> Fields => _buffer.AsSpan(HeaderSize, Length - HeaderSize);

    public MessageWriter Begin(MessageKind kind, uint requestId)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer, (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(2), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(4), requestId);
        Length = HeaderSize;
        return this;
    }

    public MessageWriter Add(Field field, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(field, sizeof(long)), value);
        return this;
    }

    /// <summary>Null adds nothing.</summary>
    public MessageWriter Add(Field field, string? value)
    {
        if (value is not null)
        {
            Encoding.UTF8.GetBytes(value, Reserve(field, Encoding.UTF8.GetByteCount(value)));
        }

        return this;
    }

    public MessageWriter Add(Field field, ReadOnlySpan<byte> value)
    {
        value.CopyTo(Reserve(field, value.Length));
        return this;
    }

    /// <summary>Adds fields that are encoded already.</summary>
    public MessageWriter AddFields(ReadOnlySpan<byte> fields)
    {
        EnsureRoom(fields.Length);
        fields.CopyTo(_buffer.AsSpan(Length));
        Length += fields.Length;
        return this;
    }

    private Span<byte> Reserve(Field field, int length)
    {
        EnsureRoom(5 + length);
        _buffer[Length] = (byte)field;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(Length + 1), length);
        var value = _buffer.AsSpan(Length + 5, length);
        Length += 5 + length;
        return value;
    }

    private void EnsureRoom(int count)
    {
        if (Length + count > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        }
    }
}
