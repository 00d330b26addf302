using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gantry.Networks.Addressing;

/// <summary>A block of addresses of one family, as numbers so that both families share the arithmetic.</summary>
internal readonly record struct Subnet(bool IsV6, UInt128 First, int PrefixLength)
{
    public int Bits => IsV6 ? 128 : 32;

    public UInt128 Last => First | HostMask;

    public IPAddress FirstAddress => ToAddress(First);

    private UInt128 HostMask => PrefixLength == 0
        ? (IsV6 ? UInt128.MaxValue : uint.MaxValue)
        : (UInt128.One << (Bits - PrefixLength)) - 1;

    /// <summary>The block that an address with a prefix length lies in.</summary>
    public static Subnet Of(IPAddress address, int prefixLength)
    {
        var subnet = new Subnet(address.AddressFamily == AddressFamily.InterNetworkV6, 0, prefixLength);
        return subnet with { First = ToNumber(address) & ~subnet.HostMask };
    }

    /// <summary>Reads <c>address/length</c>; the address may have host bits, which are given back in <paramref name="address"/>.</summary>
    public static bool TryParse(string text, out Subnet subnet, out IPAddress address)
    {
        subnet = default;
        address = IPAddress.None;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !TryParseAddress(text[..slash], out address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > (address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32))
        {
            return false;
        }

        subnet = Of(address, length);
        return true;
    }

    /// <summary>Reads an address in the usual notation only: no short forms, octal digits or zone ids that the framework also takes.</summary>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        if (!IPAddress.TryParse(text, out var parsed) || text.AsSpan().ContainsAny("%[]"))
        {
            address = IPAddress.None;
            return false;
        }

        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return parsed.AddressFamily == AddressFamily.InterNetworkV6 || parsed.ToString() == text;
    }

    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var count);
        return count == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public IPAddress ToAddress(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(IsV6 ? bytes : bytes[12..]);
    }

    public bool Contains(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 == IsV6 && ToNumber(address) is var n && n >= First && n <= Last;

    public bool Contains(Subnet other) => other.IsV6 == IsV6 && other.First >= First && other.Last <= Last;

    public bool Overlaps(Subnet other) => other.IsV6 == IsV6 && other.First <= Last && First <= other.Last;

    public override string ToString() => $"{FirstAddress}/{PrefixLength}";
}
