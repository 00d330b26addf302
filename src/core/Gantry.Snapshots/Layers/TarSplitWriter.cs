using System.Buffers.Binary;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>
/// Records how to write a layer's tar again byte for byte: every byte that isn't file content as it was, and for content where it lies in the
/// unpacked layer. One zstd stream of records: kind (1 byte), then for <see cref="RawKind"/> length and bytes; for <see cref="ContentKind"/>
/// offset, length and path; for <see cref="DisplacedKind"/> number, count of contents it is about, and path. Numbers are 8 bytes little-endian.
/// </summary>
internal sealed class TarSplitWriter : IDisposable
{
    internal const string FileName = "tar-split.zst";
    internal const byte RawKind = 0;
    internal const byte ContentKind = 1;
    internal const byte DisplacedKind = 2;
    private const int MaxRaw = 64 << 10;

    private readonly ZstdSharp.CompressionStream _output;
    private readonly MemoryStream _raw = new();

    private TarSplitWriter(string file) =>
        _output = new ZstdSharp.CompressionStream(new FileStream(file, FileMode.CreateNew, FileAccess.Write), level: 1, leaveOpen: false);

    /// <summary>Contents recorded so far.</summary>
    internal int Contents { get; private set; }

    internal static TarSplitWriter Create(string file) => new(file);

    internal void Raw(ReadOnlySpan<byte> bytes)
    {
        _raw.Write(bytes);
        if (_raw.Length >= MaxRaw)
        {
            FlushRaw();
        }
    }

    /// <param name="path">Below the layer's diff directory.</param>
    internal void Content(string path, long offset, long length)
    {
        FlushRaw();
        WriteRecord(ContentKind, offset, length, path);
        Contents++;
    }

    /// <summary>What is at <paramref name="path"/> moves to <c>displaced/NUMBER</c>: the first <paramref name="contents"/> contents look for it there.</summary>
    internal void Displaced(string path, int number, int contents)
    {
        FlushRaw();
        WriteRecord(DisplacedKind, number, contents, path);
    }

    internal void Complete() => FlushRaw();

    public void Dispose() => _output.Dispose();

    private void WriteRecord(byte kind, long first, long second, string path)
    {
        var name = LinuxPath.Encode(path);
        Span<byte> head = stackalloc byte[25];
        head[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(head[1..], first);
        BinaryPrimitives.WriteInt64LittleEndian(head[9..], second);
        BinaryPrimitives.WriteInt64LittleEndian(head[17..], name.Length);
        _output.Write(head);
        _output.Write(name);
    }

    private void FlushRaw()
    {
        if (_raw.Length == 0)
        {
            return;
        }

        Span<byte> head = stackalloc byte[9];
        head[0] = RawKind;
        BinaryPrimitives.WriteInt64LittleEndian(head[1..], _raw.Length);
        _output.Write(head);
        _output.Write(_raw.GetBuffer().AsSpan(0, (int)_raw.Length));
        _raw.SetLength(0);
    }
}
