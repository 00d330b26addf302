using System.Text;
using Gantry.Errors;

namespace Gantry.IO.Protobuf;

/// <summary>
/// Reads the fields of one protocol buffers message in the order they come (protobuf.dev, "Encoding"). What it reads is not trusted: lengths are
/// checked against the message, and nothing is allocated but what a field has.
/// </summary>
/// <remarks>After <see cref="Next"/> the field's value is taken with one of the methods, or <see cref="Skip"/>.</remarks>
public ref struct ProtoReader
{
    private const int MaxVarint = 10;
    private readonly ReadOnlySpan<byte> _message;
    private int _position;

    public ProtoReader(ReadOnlySpan<byte> message)
    {
        _message = message;
        _position = 0;
        Field = 0;
        Wire = default;
    }

    /// <summary>Number of the field <see cref="Next"/> found.</summary>
    public int Field { get; private set; }

    public ProtoWire Wire { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    /// <exception cref="GantryException">InvalidArgument: no message of protocol buffers.</exception>
    public bool Next()
    {
        if (_position == _message.Length)
        {
            return false;
        }

        var tag = Varint();
        Wire = (ProtoWire)(tag & 7);
        var field = tag >> 3;
        Field = field is > 0 and <= 0x1fff_ffff ? (int)field : throw Malformed();
        return true;
    }

    /// <summary>A string. Bytes that are no UTF-8 come as replacement characters.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>The bytes of a string, bytes field or message; they lie in the message that is read.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        Require(ProtoWire.Bytes);
        var length = Varint();
        return length <= (ulong)(_message.Length - _position) ? Take((int)length) : throw Malformed();
    }

    /// <summary>Like <see cref="Bytes"/>, as a part of the memory the reader's message is in.</summary>
    /// <param name="message">What the reader was made of.</param>
    public ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> message)
    {
        var bytes = Bytes();
        return message.Slice(_position - bytes.Length, bytes.Length);
    }

    public long Int64()
    {
        Require(ProtoWire.Varint);
        return (long)Varint();
    }

    public int Int32() => unchecked((int)Int64());

    public uint UInt32() => unchecked((uint)Int64());

    public bool Bool() => Int64() != 0;

    /// <summary>An entry of a <c>map&lt;string, string&gt;</c>.</summary>
    public KeyValuePair<string, string> TextEntry()
    {
        var entry = new ProtoReader(Bytes());
        var (key, value) = (string.Empty, string.Empty);
        while (entry.Next())
        {
            switch (entry.Field)
            {
                case 1:
                    key = entry.Text();
                    break;
                case 2:
                    value = entry.Text();
                    break;
                default:
                    entry.Skip();
                    break;
            }
        }

        return new(key, value);
    }

    /// <summary>An entry of a <c>map&lt;string, bytes&gt;</c> or of messages.</summary>
    public KeyValuePair<string, byte[]> BytesEntry()
    {
        var entry = new ProtoReader(Bytes());
        var (key, value) = (string.Empty, Array.Empty<byte>());
        while (entry.Next())
        {
            switch (entry.Field)
            {
                case 1:
                    key = entry.Text();
                    break;
                case 2:
                    value = entry.Bytes().ToArray();
                    break;
                default:
                    entry.Skip();
                    break;
            }
        }

        return new(key, value);
    }

    /// <summary>Passes over a field that isn't known.</summary>
    public void Skip()
    {
        switch (Wire)
        {
            case ProtoWire.Varint:
                Varint();
                break;
            case ProtoWire.Fixed64:
                Take(sizeof(ulong));
                break;
            case ProtoWire.Bytes:
                Bytes();
                break;
            case ProtoWire.Fixed32:
                Take(sizeof(uint));
                break;
            default:
                // Groups are of protocol buffers before version 3 only.
                throw Malformed();
        }
    }

    private static GantryException Malformed() => GantryException.InvalidArgument("malformed protocol buffers message");

    private readonly void Require(ProtoWire wire)
    {
        if (Wire != wire)
        {
            throw Malformed();
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _message.Length - _position)
        {
            throw Malformed();
        }

        var taken = _message.Slice(_position, count);
        _position += count;
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < MaxVarint && _position < _message.Length; i++)
        {
            var next = _message[_position++];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }
}

/// <summary>How a field's value is laid out.</summary>
public enum ProtoWire
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
