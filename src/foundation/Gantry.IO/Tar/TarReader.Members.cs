using Gantry.Linux;

namespace Gantry.IO.Tar;

public sealed partial class TarReader
{
    private const int MaxPathBytes = 4096;

    /// <summary>Turns header block and extended headers into an entry and gets ready to read its content.</summary>
    private async ValueTask<TarEntry> ReadMemberAsync(char type, long headerSize, Extensions extensions, CancellationToken cancellationToken)
    {
        var entry = ParseMember(_buffer.AsSpan(_start, TarHeader.BlockSize), type, extensions);
        var stored = entry.Kind == TarEntryKind.File ? extensions.Pax?.Number("size") ?? headerSize : 0;
        if (stored < 0)
        {
            throw TarError.Malformed("a negative size");
        }

        var sparse = type == 'S' ? ReadGnuHeader() : null;
        Raw(TarHeader.BlockSize);
        _dataLeft = stored;
        _paddingLeft = (int)(-stored & (TarHeader.BlockSize - 1));
        if (sparse is { } gnu)
        {
            await ReadGnuExtensionsAsync(gnu, cancellationToken).ConfigureAwait(false);
            return WithExtents(entry, gnu.Numbers, gnu.FileSize);
        }

        return extensions.Pax is { } pax && entry.Kind == TarEntryKind.File
            ? await ApplyPaxSparseAsync(entry with { Size = stored }, pax, cancellationToken).ConfigureAwait(false)
            : entry with { Size = stored };
    }

    private static TarEntry ParseMember(ReadOnlySpan<byte> block, char type, Extensions extensions)
    {
        var header = new TarHeader(block);
        var pax = extensions.Pax;
        var name = pax?.Text("path") ?? extensions.LongName ?? header.Name;
        var link = pax?.Text("linkpath") ?? extensions.LongLink ?? header.LinkName;
        var kind = KindOf(type, name);
        CheckPath(name);
        CheckPath(link);
        var isDevice = kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice;
        return new TarEntry
        {
            Name = name.Length > 1 ? name.TrimEnd('/') : name,
            Kind = kind,
            Mode = (int)(header.Mode & 0xFFF),
            UserId = Id(pax?.Number("uid") ?? header.UserId),
            GroupId = Id(pax?.Number("gid") ?? header.GroupId),
            ModifiedNanoseconds = pax?.Time("mtime") ?? Seconds(header.Modified),
            LinkName = kind is TarEntryKind.Symlink or TarEntryKind.Hardlink ? link : string.Empty,
            DeviceMajor = isDevice ? Id(header.DeviceMajor) : 0,
            DeviceMinor = isDevice ? Id(header.DeviceMinor) : 0,
            Xattrs = pax?.Xattrs,
        };
    }

    private static TarEntryKind KindOf(char type, string name) => type switch
    {
        '0' or '\0' when name.EndsWith('/') => TarEntryKind.Directory,
        '0' or '\0' or '7' or 'S' => TarEntryKind.File,
        '1' => TarEntryKind.Hardlink,
        '2' => TarEntryKind.Symlink,
        '3' => TarEntryKind.CharacterDevice,
        '4' => TarEntryKind.BlockDevice,
        '5' => TarEntryKind.Directory,
        '6' => TarEntryKind.Fifo,
        _ => throw TarError.Malformed($"unhandled header type '{(char.IsAsciiLetterOrDigit(type) ? type : '?')}'"),
    };

    private static void CheckPath(string path)
    {
        if (path.Length > MaxPathBytes / 3 && LinuxPath.Encode(path).Length >= MaxPathBytes)
        {
            throw TarError.Malformed($"a name of more than {MaxPathBytes - 1} bytes");
        }

        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw TarError.Malformed("a name with a NUL byte");
        }
    }

    /// <summary>All but the id that means "none" to chown(2).</summary>
    private static uint Id(long value) => value is >= 0 and < uint.MaxValue ? (uint)value : throw TarError.Malformed($"an id of {value}");

    private static long Seconds(long value) =>
        value is >= -9_000_000_000 and <= 9_000_000_000 ? value * 1_000_000_000 : throw TarError.Malformed("a time out of range");

    private GnuSparse ReadGnuHeader()
    {
        var block = _buffer.AsSpan(_start, TarHeader.BlockSize);
        var sparse = new GnuSparse { FileSize = new TarHeader(block).Number(483, 12), More = block[482] != 0 };
        SparseMap.ReadGnu(block, 386, 4, sparse.Numbers);
        return sparse;
    }

    private async ValueTask ReadGnuExtensionsAsync(GnuSparse sparse, CancellationToken cancellationToken)
    {
        while (sparse.More)
        {
            if (sparse.Numbers.Count / 2 > SparseMap.MaxExtents)
            {
                throw TarError.Malformed("a sparse map of the wrong length");
            }

            var block = await NeedBlockAsync(endAllowed: false, cancellationToken).ConfigureAwait(false);
            SparseMap.ReadGnu(block.Span, 0, 21, sparse.Numbers);
            sparse.More = block.Span[504] != 0;
            Raw(TarHeader.BlockSize);
        }
    }

    /// <summary>Sparse formats 0.0, 0.1 and 1.0, which come as pax records.</summary>
    private async ValueTask<TarEntry> ApplyPaxSparseAsync(TarEntry entry, PaxRecords pax, CancellationToken cancellationToken)
    {
        var name = pax.Text("GNU.sparse.name") ?? entry.Name;
        CheckPath(name);
        entry = entry with { Name = name };
        if (pax.Number("GNU.sparse.major") == 1)
        {
            var numbers = await ReadSparseListAsync(cancellationToken).ConfigureAwait(false);
            return WithExtents(entry, numbers, pax.Number("GNU.sparse.realsize") ?? throw TarError.Malformed("a sparse file without a size"));
        }

        if (pax.Number("GNU.sparse.size") is not { } size)
        {
            return entry;
        }

        return WithExtents(entry, pax.Text("GNU.sparse.map") is { } map ? SparseMap.ParseList(map) : pax.SparseNumbers, size);
    }

    /// <summary>Format 1.0's map at the start of the content: a count and the numbers, a line each, padded to whole blocks.</summary>
    private async ValueTask<List<long>> ReadSparseListAsync(CancellationToken cancellationToken)
    {
        var numbers = new List<long>();
        long wanted = -1;
        long value = -1;
        while (wanted < 0 || numbers.Count < wanted)
        {
            if (_dataLeft < TarHeader.BlockSize)
            {
                throw TarError.Malformed("a sparse map of the wrong length");
            }

            var block = await NeedBlockAsync(endAllowed: false, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < TarHeader.BlockSize && (wanted < 0 || numbers.Count < wanted); i++)
            {
                ParseDigit(block.Span[i], numbers, ref value, ref wanted);
            }

            _dataLeft -= TarHeader.BlockSize;
            Raw(TarHeader.BlockSize);
        }

        return numbers;
    }

    private static void ParseDigit(byte character, List<long> numbers, ref long value, ref long wanted)
    {
        if (character is >= (byte)'0' and <= (byte)'9' && value < long.MaxValue / 10 - 1)
        {
            value = (Math.Max(value, 0) * 10) + character - '0';
        }
        else if (character == '\n' && value >= 0 && (wanted >= 0 || value <= SparseMap.MaxExtents))
        {
            if (wanted < 0)
            {
                wanted = value * 2;
            }
            else
            {
                numbers.Add(value);
            }

            value = -1;
        }
        else
        {
            throw TarError.Malformed("a sparse map that is not numbers");
        }
    }

    private TarEntry WithExtents(TarEntry entry, IReadOnlyList<long> numbers, long fileSize) =>
        fileSize < 0 ? throw TarError.Malformed("a negative size")
        : entry with { Size = fileSize, Extents = SparseMap.Validate(numbers, fileSize, _dataLeft) };

    private sealed class GnuSparse
    {
        internal List<long> Numbers { get; } = [];

        internal long FileSize { get; init; }

        internal bool More { get; set; }
    }
}
