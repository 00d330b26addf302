using System.Collections.Concurrent;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Gantry.IO.Compression;

/// <summary>Compresses to zstd frames of 4 MB each with their checksums, which decoders read as one stream (RFC 8878, 3).</summary>
/// <param name="level">zstd's, from 1 to <see cref="MaxLevel"/>.</param>
public sealed class ParallelZstdStream(Stream destination, int level = ParallelZstdStream.DefaultLevel, int workers = 0)
    : PiecewiseCompressionStream(destination, PieceSize, workers)
{
    /// <summary>zstd's own.</summary>
    public const int DefaultLevel = 3;

    /// <summary>Those above want gigabytes and decoders that allow for it.</summary>
    public const int MaxLevel = 19;

    private const int PieceSize = 4 << 20;

    /// <summary>One for each piece under way.</summary>
    private readonly ConcurrentBag<Compressor> _compressors = [];
    private bool _isEmpty = true;

    protected override ReadOnlyMemory<byte> Header => default;

    /// <summary>No input at all still is a frame.</summary>
    protected override ReadOnlyMemory<byte> Trailer() => _isEmpty ? Compress([], 0).ToArray() : default;

    protected override void Add(ReadOnlySpan<byte> piece) => _isEmpty = false;

    protected override MemoryStream Compress(byte[] piece, int length)
    {
        var compressor = _compressors.TryTake(out var free) ? free : New();
        var output = new byte[Compressor.GetCompressBound(length)];
        var size = compressor.Wrap(piece.AsSpan(0, length), output);
        _compressors.Add(compressor);
        return new MemoryStream(output, 0, size, writable: false, publiclyVisible: true);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        while (_compressors.TryTake(out var compressor))
        {
            compressor.Dispose();
        }
    }

    private Compressor New()
    {
        var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor;
    }
}
