using System.Buffers.Binary;
using System.Text;

namespace Gantry.Linux.Networking;

/// <summary>Walks the attributes of a netlink message; stops at the first one that does not fit.</summary>
public ref struct NetlinkAttributes
{
    private ReadOnlySpan<byte> _rest;

    public NetlinkAttributes(ReadOnlySpan<byte> bytes)
    {
        _rest = bytes;
        Type = 0;
        Value = default;
    }

    /// <summary>Type of the current attribute without the nested and byte-order flags.</summary>
    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public readonly uint UInt32 => Value.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(Value) : 0;

    public readonly string Text => Encoding.UTF8.GetString(Value.Length > 0 && Value[^1] == 0 ? Value[..^1] : Value);

    public bool Next()
    {
        if (_rest.Length < 4)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        if (length < 4 || length > _rest.Length)
        {
            return false;
        }

        Type = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) & 0x3fff);
        Value = _rest[4..length];
        _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
        return true;
    }
}
