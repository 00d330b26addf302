using System.Globalization;
using System.Text;
using Gantry.Linux;

namespace Gantry.IO.Tar;

/// <summary>
/// Encodes an entry as ustar, with a pax header only where ustar can't say it. The same entry always gives the same bytes: records are in key
/// order, times and user names that nobody asked for are left out.
/// </summary>
internal static class TarHeaderWriter
{
    private const long MaxOctal12 = 0x1_FFFF_FFFF;
    private const long MaxOctal8 = 0x1F_FFFF;

    /// <summary>Appends the header blocks.</summary>
    internal static void Write(TarEntry entry, List<byte> output)
    {
        var name = LinuxPath.Encode(entry.Kind == TarEntryKind.Directory && !entry.Name.EndsWith('/') ? entry.Name + "/" : entry.Name);
        var link = LinuxPath.Encode(entry.LinkName);
        var split = SplitName(name);
        var records = Records(entry, name, link, split is null);
        if (records.Count > 0)
        {
            if (split is { Prefix: > 0 })
            {
                // As Go writes it. System.Formats.Tar passes over the prefix of entries that have a pax header.
                records["path"] = name;
            }

            WritePax(name, records, output);
        }

        var block = new byte[TarHeader.BlockSize];
        var (prefix, rest) = split ?? (0, 0);
        Copy(split is null ? name : name.AsSpan(rest), block, 0, 100);
        Copy(name.AsSpan(0, prefix), block, 345, 155);
        Copy(link, block, 157, 100);
        Fill(block, entry);
        output.AddRange(block);
    }

    private static void Fill(Span<byte> block, TarEntry entry)
    {
        Octal(block, 100, 8, entry.Mode);
        Octal(block, 108, 8, entry.UserId <= MaxOctal8 ? entry.UserId : 0);
        Octal(block, 116, 8, entry.GroupId <= MaxOctal8 ? entry.GroupId : 0);
        Octal(block, 124, 12, entry.Size <= MaxOctal12 ? entry.Size : 0);
        var seconds = FloorSeconds(entry.ModifiedNanoseconds);
        Octal(block, 136, 12, seconds is >= 0 and <= MaxOctal12 ? seconds : 0);
        block[156] = (byte)(entry.Kind switch
        {
            TarEntryKind.File => '0',
            TarEntryKind.Hardlink => '1',
            TarEntryKind.Symlink => '2',
            TarEntryKind.CharacterDevice => '3',
            TarEntryKind.BlockDevice => '4',
            TarEntryKind.Directory => '5',
            _ => '6',
        });
        "ustar\0"u8.CopyTo(block[257..]);
        "00"u8.CopyTo(block[263..]);
        if (entry.Kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice)
        {
            Octal(block, 329, 8, entry.DeviceMajor);
            Octal(block, 337, 8, entry.DeviceMinor);
        }

        WriteChecksum(block);
    }

    private static SortedDictionary<string, byte[]> Records(TarEntry entry, byte[] name, byte[] link, bool longName)
    {
        var records = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        AddIf(records, "path", name, longName || !Ascii.IsValid(name));
        AddIf(records, "linkpath", link, link.Length > 100 || !Ascii.IsValid(link));
        AddIf(records, "size", Number(entry.Size), entry.Size > MaxOctal12);
        AddIf(records, "uid", Number(entry.UserId), entry.UserId > MaxOctal8);
        AddIf(records, "gid", Number(entry.GroupId), entry.GroupId > MaxOctal8);
        var seconds = FloorSeconds(entry.ModifiedNanoseconds);
        AddIf(records, "mtime", Time(entry.ModifiedNanoseconds),
            seconds is < 0 or > MaxOctal12 || entry.ModifiedNanoseconds % 1_000_000_000 != 0);
        foreach (var (key, value) in entry.Xattrs ?? [])
        {
            records["SCHILY.xattr." + key] = value;
        }

        return records;
    }

    private static void WritePax(byte[] name, SortedDictionary<string, byte[]> records, List<byte> output)
    {
        var data = new List<byte>();
        foreach (var (key, value) in records)
        {
            AppendRecord(data, key, value);
        }

        // The name of the pax member itself means nothing to readers; Go's and GNU's convention is followed.
        var last = Array.LastIndexOf(name, (byte)'/', Math.Max(0, name.Length - 2));
        var label = "PaxHeaders.0/"u8.ToArray().Concat(name[(last + 1)..]).Take(100).ToArray();
        var block = new byte[TarHeader.BlockSize];
        Copy(label, block, 0, 100);
        Octal(block, 100, 8, 0x1A4);
        Octal(block, 108, 8, 0);
        Octal(block, 116, 8, 0);
        Octal(block, 124, 12, data.Count);
        Octal(block, 136, 12, 0);
        block[156] = (byte)'x';
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "00"u8.CopyTo(block.AsSpan(263));
        WriteChecksum(block);
        output.AddRange(block);
        output.AddRange(data);
        output.AddRange(new byte[-data.Count & (TarHeader.BlockSize - 1)]);
    }

    /// <summary>The length counts its own digits.</summary>
    private static void AppendRecord(List<byte> data, string key, byte[] value)
    {
        var body = Encoding.UTF8.GetBytes(key);
        var rest = body.Length + value.Length + 3;
        var length = rest + Digits(rest);
        length = rest + Digits(length);
        data.AddRange(Number(length));
        data.Add((byte)' ');
        data.AddRange(body);
        data.Add((byte)'=');
        data.AddRange(value);
        data.Add((byte)'\n');
    }

    /// <summary>Where to cut a name into ustar's prefix and name: prefix length and start of the rest; null when it doesn't fit.</summary>
    private static (int Prefix, int Start)? SplitName(byte[] name)
    {
        if (name.Length <= 100)
        {
            return (0, 0);
        }

        if (name.Length > 256)
        {
            return null;
        }

        var cut = Array.LastIndexOf(name, (byte)'/', Math.Min(155, name.Length - 2));
        return cut > 0 && name.Length - cut - 1 <= 100 ? (cut, cut + 1) : null;
    }

    private static void WriteChecksum(Span<byte> block)
    {
        block.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in block)
        {
            sum += value;
        }

        Octal(block, 148, 7, sum);
        block[155] = (byte)' ';
    }

    /// <summary>Zero-padded octal digits ended by a NUL.</summary>
    private static void Octal(Span<byte> block, int offset, int length, long value)
    {
        for (var i = offset + length - 2; i >= offset; i--)
        {
            block[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        block[offset + length - 1] = 0;
    }

    private static void Copy(ReadOnlySpan<byte> text, Span<byte> block, int offset, int length) =>
        text[..Math.Min(text.Length, length)].CopyTo(block[offset..]);

    private static void AddIf(SortedDictionary<string, byte[]> records, string key, byte[] value, bool condition)
    {
        if (condition)
        {
            records[key] = value;
        }
    }

    private static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static int Digits(int value) => value.ToString(CultureInfo.InvariantCulture).Length;

    private static long FloorSeconds(long nanoseconds) => (nanoseconds - (((nanoseconds % 1_000_000_000) + 1_000_000_000) % 1_000_000_000)) / 1_000_000_000;

    private static byte[] Time(long nanoseconds)
    {
        var sign = nanoseconds < 0 ? "-" : string.Empty;
        var absolute = UInt128.CreateChecked(Int128.Abs(nanoseconds));
        var text = $"{sign}{absolute / 1_000_000_000}.{absolute % 1_000_000_000:D9}";
        return Encoding.ASCII.GetBytes(text.TrimEnd('0').TrimEnd('.'));
    }
}
