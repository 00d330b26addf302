using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gantry.Logs.Drivers.Fluentd;

/// <summary>Writes the few MessagePack types (msgpack specification) that the forward protocol needs.</summary>
internal sealed class MessagePack
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    internal ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    internal void Clear() => _buffer.ResetWrittenCount();

    internal void Array(int count) => Head(0x90, 15, 0xdc, count);

    internal void Map(int count) => Head(0x80, 15, 0xde, count);

    internal void Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    internal void Text(ReadOnlySpan<byte> text)
    {
        if (text.Length <= 31)
        {
            Byte((byte)(0xa0 | text.Length));
        }
        else if (text.Length <= byte.MaxValue)
        {
            Byte(0xd9);
            Byte((byte)text.Length);
        }
        else if (text.Length <= ushort.MaxValue)
        {
            Byte(0xda);
            UInt16((ushort)text.Length);
        }
        else
        {
            Byte(0xdb);
            UInt32((uint)text.Length);
        }

        _buffer.Write(text);
    }

    internal void Integer(uint value)
    {
        Byte(0xce);
        UInt32(value);
    }

    /// <summary>The forward protocol's EventTime: extension type 0 with seconds and nanoseconds.</summary>
    internal void EventTime(uint seconds, uint nanoseconds)
    {
        Byte(0xd7);
        Byte(0);
        UInt32(seconds);
        UInt32(nanoseconds);
    }

    /// <summary>Up to 15 in the first byte, up to 65,535 after it.</summary>
    private void Head(byte small, int limit, byte large, int count)
    {
        if (count <= limit)
        {
            Byte((byte)(small | count));
            return;
        }

        Byte(large);
        UInt16(checked((ushort)count));
    }

    private void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    private void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.GetSpan(2), value);
        _buffer.Advance(2);
    }

    private void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
    }
}
