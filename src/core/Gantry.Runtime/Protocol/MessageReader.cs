using System.Buffers.Binary;
using System.Text;

namespace Gantry.Runtime.Protocol;

/// <summary>Walks through a message's fields. A malformed message ends early: what follows the damage is not there.</summary>
public ref struct MessageReader
{
    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _value;

    private MessageReader(ReadOnlySpan<byte> fields) => _rest = fields;

    /// <summary>Tag of the field that <see cref="Next"/> moved to.</summary>
    public Field Field { get; private set; }

    public readonly ReadOnlySpan<byte> Bytes => _value;

    public readonly long Number => _value.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(_value) : 0;

    public readonly string Text => Encoding.UTF8.GetString(_value);

    /// <summary>Takes a message's header off; false when there is none.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> message, out MessageKind kind, out uint requestId, out MessageReader reader)
    {
        reader = default;
        kind = 0;
        requestId = 0;
        if (message.Length < MessageWriter.HeaderSize)
        {
            return false;
        }

        kind = (MessageKind)BinaryPrimitives.ReadUInt16LittleEndian(message);
        requestId = BinaryPrimitives.ReadUInt32LittleEndian(message[4..]);
        reader = new MessageReader(message[MessageWriter.HeaderSize..]);
        return true;
    }

    /// <summary>Reads fields without a header, as a record file has them.</summary>
    public static MessageReader OfFields(ReadOnlySpan<byte> fields) => new(fields);

    public bool Next()
    {
        if (_rest.Length < 5)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(_rest[1..]);
        if (length < 0 || length > _rest.Length - 5)
        {
            return false;
        }

        Field = (Field)_rest[0];
        _value = _rest.Slice(5, length);
        _rest = _rest[(5 + length)..];
        return true;
    }
}
