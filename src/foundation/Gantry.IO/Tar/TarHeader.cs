using Gantry.Linux;

namespace Gantry.IO.Tar;

/// <summary>The fields of one 512-byte header block (POSIX.1-2017 ustar; the same places in v7 and GNU).</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    internal const int BlockSize = 512;
    private const int ChecksumOffset = 148;
    private readonly ReadOnlySpan<byte> _block = block;

    internal char Type => (char)_block[156];

    internal bool IsPosix => _block.Slice(257, 6).SequenceEqual("ustar\0"u8);

    internal bool IsGnu => _block.Slice(257, 8).SequenceEqual("ustar  \0"u8);

    /// <summary>Name with the POSIX prefix; GNU uses the prefix's place for other things.</summary>
    internal string Name
    {
        get
        {
            var name = LinuxPath.Decode(Text(0, 100));
            var prefix = IsPosix ? Text(345, 155) : default;
            return prefix.IsEmpty ? name : LinuxPath.Decode(prefix) + "/" + name;
        }
    }

    internal string LinkName => LinuxPath.Decode(Text(157, 100));

    internal long Mode => Number(100, 8);

    internal long UserId => Number(108, 8);

    internal long GroupId => Number(116, 8);

    internal long Size => Number(124, 12);

    internal long Modified => Number(136, 12);

    internal long DeviceMajor => Number(329, 8);

    internal long DeviceMinor => Number(337, 8);

    /// <summary>True when the sum of the bytes is the one the header states, counted unsigned or, as old tars did, signed.</summary>
    internal bool HasValidChecksum
    {
        get
        {
            long unsigned = 0;
            long signed = 0;
            for (var i = 0; i < BlockSize; i++)
            {
                var value = i is >= ChecksumOffset and < ChecksumOffset + 8 ? (byte)' ' : _block[i];
                unsigned += value;
                signed += (sbyte)value;
            }

            var stated = Number(ChecksumOffset, 8);
            return stated == unsigned || stated == signed;
        }
    }

    /// <summary>A field of octal digits, or GNU's base 256 where the top bit is set.</summary>
    internal long Number(int offset, int length)
    {
        var field = _block.Slice(offset, length);
        return (field[0] & 0x80) != 0 ? Base256(field) : Octal(field);
    }

    private ReadOnlySpan<byte> Text(int offset, int length)
    {
        var field = _block.Slice(offset, length);
        var end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static long Octal(ReadOnlySpan<byte> field)
    {
        field = field.Trim(" \0"u8);
        var end = field.IndexOfAny((byte)' ', (byte)0);
        field = end < 0 ? field : field[..end];
        long value = 0;
        foreach (var digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
            {
                throw TarError.InvalidHeader();
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    private static long Base256(ReadOnlySpan<byte> field)
    {
        var negative = (field[0] & 0x40) != 0;
        var value = negative ? -1L : 0L;
        for (var i = 0; i < field.Length; i++)
        {
            var digit = i == 0 ? (byte)(negative ? field[0] | 0x80 : field[0] & 0x7f) : field[i];
            if (value != (value << 8 >> 8))
            {
                throw TarError.InvalidHeader();
            }

            value = (value << 8) | digit;
        }

        return value;
    }
}
