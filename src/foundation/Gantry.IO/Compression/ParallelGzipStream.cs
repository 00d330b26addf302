using System.Buffers.Binary;
using System.IO.Compression;

namespace Gantry.IO.Compression;

/// <summary>
/// Compresses to one gzip member in pieces of 1 MB. Pieces end in a sync flush, so their deflate streams join to one (RFC 1951, 3.2.4; pigz's way).
/// A piece that would grow is stored as it is.
/// </summary>
/// <param name="level">zlib's, from 1 to 9.</param>
public sealed class ParallelGzipStream(Stream destination, int level = ParallelGzipStream.Fastest, int workers = 0)
    : PiecewiseCompressionStream(destination, PieceSize, workers)
{
    /// <summary>The level that costs the least time.</summary>
    public const int Fastest = 1;

    private const int PieceSize = 1 << 20;

    /// <summary>Most bytes that a stored block holds, and what its header takes (RFC 1951, 3.2.4).</summary>
    private const int MaxStored = 65535;
    private const int StoredHeader = 5;

    // No name, no time, unknown system.
    private static readonly byte[] s_header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    private static readonly byte[] s_lastBlock = [0x03, 0x00];

    private uint _crc;
    private uint _length;

    protected override ReadOnlyMemory<byte> Header => s_header;

    protected override ReadOnlyMemory<byte> Trailer()
    {
        var trailer = new byte[s_lastBlock.Length + 8];
        s_lastBlock.CopyTo(trailer, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(2), _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(6), _length);
        return trailer;
    }

    protected override void Add(ReadOnlySpan<byte> piece)
    {
        _crc = Crc32.Append(_crc, piece);
        _length += (uint)piece.Length;
    }

    protected override MemoryStream Compress(byte[] piece, int length)
    {
        var compressed = length;
        var output = new MemoryStream(length / 2);
        using (var deflate = new DeflateStream(output, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
        {
            deflate.Write(piece, 0, length);
            deflate.Flush();
            compressed = (int)output.Length; // what Dispose appends is an end mark, not wanted here
        }

        output.SetLength(compressed);
        return compressed <= StoredLength(length) ? output : Store(piece, length, output);
    }

    private static int StoredLength(int length) => length + (StoredHeader * ((length + MaxStored - 1) / MaxStored));

    /// <summary>Random data (media, archives) comes out of the fastest level 5 % longer than it went in.</summary>
    private static MemoryStream Store(byte[] piece, int length, MemoryStream output)
    {
        output.SetLength(0);
        Span<byte> header = stackalloc byte[StoredHeader];
        for (var offset = 0; offset < length; offset += MaxStored)
        {
            var count = (ushort)Math.Min(MaxStored, length - offset);
            header[0] = 0; // not the last block, stored; what is before ends on a byte
            BinaryPrimitives.WriteUInt16LittleEndian(header[1..], count);
            BinaryPrimitives.WriteUInt16LittleEndian(header[3..], (ushort)~count);
            output.Write(header);
            output.Write(piece, offset, count);
        }

        return output;
    }
}
