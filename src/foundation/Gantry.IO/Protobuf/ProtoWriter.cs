using System.Buffers;
using System.Text;

namespace Gantry.IO.Protobuf;

/// <summary>Writes a protocol buffers message field by field. Values that are the default of their type are left out, as proto3 has it. Not thread-safe.</summary>
public sealed class ProtoWriter
{
    private const int MaxVarint = 10;
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>What was written. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>A whole message as bytes of its own.</summary>
    public static byte[] Serialize(IProtoMessage message)
    {
        var writer = new ProtoWriter();
        message.Write(writer);
        return writer._buffer.WrittenSpan.ToArray();
    }

    public ProtoWriter Text(int field, string? value) => string.IsNullOrEmpty(value) ? this : Always(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Texts(int field, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            Always(field, Encoding.UTF8.GetBytes(value));
        }

        return this;
    }

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> value) => value.IsEmpty ? this : Always(field, value);

    public ProtoWriter Int64(int field, long value)
    {
        if (value != 0)
        {
            Tag(field, ProtoWire.Varint);
            Varint((ulong)value);
        }

        return this;
    }

    public ProtoWriter Bool(int field, bool value) => Int64(field, value ? 1 : 0);

    /// <summary>A message as a field, also an empty one; null is left out.</summary>
    public ProtoWriter Message(int field, IProtoMessage? message)
    {
        if (message is null)
        {
            return this;
        }

        var nested = new ProtoWriter();
        message.Write(nested);
        return Always(field, nested._buffer.WrittenSpan);
    }

    public ProtoWriter Messages(int field, IEnumerable<IProtoMessage> messages)
    {
        foreach (var message in messages)
        {
            Message(field, message);
        }

        return this;
    }

    public ProtoWriter TextMap(int field, IEnumerable<KeyValuePair<string, string>> map)
    {
        foreach (var (key, value) in map)
        {
            var entry = new ProtoWriter().Text(1, key).Text(2, value);
            Always(field, entry._buffer.WrittenSpan);
        }

        return this;
    }

    public ProtoWriter BytesMap(int field, IEnumerable<KeyValuePair<string, byte[]>> map)
    {
        foreach (var (key, value) in map)
        {
            var entry = new ProtoWriter().Text(1, key).Bytes(2, value);
            Always(field, entry._buffer.WrittenSpan);
        }

        return this;
    }

    /// <summary>google.protobuf.Timestamp; null is left out.</summary>
    public ProtoWriter Time(int field, DateTimeOffset? time)
    {
        if (time is not { } moment)
        {
            return this;
        }

        var seconds = moment.ToUnixTimeSeconds();
        var nested = new ProtoWriter().Int64(1, seconds).Int64(2, (moment - DateTimeOffset.FromUnixTimeSeconds(seconds)).Ticks * 100);
        return Always(field, nested._buffer.WrittenSpan);
    }

    private ProtoWriter Always(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, ProtoWire.Bytes);
        Varint((ulong)value.Length);
        _buffer.Write(value);
        return this;
    }

    private void Tag(int field, ProtoWire wire) => Varint(((ulong)field << 3) | (ulong)wire);

    private void Varint(ulong value)
    {
        var span = _buffer.GetSpan(MaxVarint);
        var count = 0;
        while (value >= 0x80)
        {
            span[count++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[count++] = (byte)value;
        _buffer.Advance(count);
    }
}

/// <summary>A message that can be written.</summary>
public interface IProtoMessage
{
    void Write(ProtoWriter writer);
}
