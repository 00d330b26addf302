using System.IO.Compression;
using Gantry.Errors;
using Gantry.IO.Streams;

namespace Gantry.IO.Compression;

/// <summary>Recognises and undoes compression.</summary>
public static class Decompression
{
    /// <summary>Bytes <see cref="Detect"/> wants to see.</summary>
    public const int DetectLength = 10;

    /// <summary>An upper bound for zstd's window, so that a hostile frame can't ask for gigabytes: 128 MB, zstd's own default limit.</summary>
    private const int MaxZstdWindowLog = 27;

    /// <summary>Recognises the format from the first bytes (RFC 1952, RFC 8878, bzip2, xz).</summary>
    public static CompressionKind Detect(ReadOnlySpan<byte> start) => start switch
    {
        [0x1f, 0x8b, 0x08, ..] => CompressionKind.Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionKind.Zstd,
        [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18, ..] => CompressionKind.Zstd, // a skippable frame first
        [(byte)'B', (byte)'Z', (byte)'h', ..] => CompressionKind.Bzip2,
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0x00, ..] => CompressionKind.Xz,
        _ => CompressionKind.None,
    };

    /// <summary>Reads the start of a stream, recognises it and returns the stream to read on from, as if nothing had been read. Owns the source unless told otherwise.</summary>
    public static async ValueTask<(CompressionKind Kind, Stream Stream)> DetectAsync(
        Stream source, bool leaveOpen = false, CancellationToken cancellationToken = default)
    {
        var start = new byte[DetectLength];
        var length = await source.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return (Detect(start.AsSpan(0, length)), new PrefixedStream(start.AsMemory(0, length), source, leaveOpen));
    }

    /// <summary>The plain content of a stream that may be compressed. Owns the source unless told otherwise.</summary>
    /// <exception cref="GantryException">NotImplemented: the host lacks the program for the format. Reading throws <see cref="InvalidDataException"/> for broken data.</exception>
    public static async ValueTask<Stream> OpenAsync(Stream source, bool leaveOpen = false, CancellationToken cancellationToken = default)
    {
        var (kind, stream) = await DetectAsync(source, leaveOpen, cancellationToken).ConfigureAwait(false);
        return Open(kind, stream);
    }

    /// <summary>The same for what a stranger sent.</summary>
    /// <param name="limit">Reading throws DataCorrupt beyond it; null for none.</param>
    public static async ValueTask<Stream> OpenAsync(Stream source, ExpansionLimit? limit, bool leaveOpen = false, CancellationToken cancellationToken = default)
    {
        var (kind, stream) = await DetectAsync(source, leaveOpen, cancellationToken).ConfigureAwait(false);
        return limit is null || kind == CompressionKind.None ? Open(kind, stream) : new ExpandingStream(kind, stream, limit);
    }

    /// <summary>Undoes a known compression; the result owns <paramref name="source"/>.</summary>
    public static Stream Open(CompressionKind kind, Stream source) => kind switch
    {
        CompressionKind.None => source,
        CompressionKind.Gzip => new GZipStream(new BlockReadStream(source), CompressionMode.Decompress),
        CompressionKind.Zstd => OpenZstd(source),
        CompressionKind.Xz => new ProgramDecoder("xz", source),
        CompressionKind.Bzip2 => new ProgramDecoder("bzip2", source),
        _ => throw GantryException.NotImplemented($"{kind.ToString().ToLowerInvariant()} compression is not supported"),
    };

    private static ZstdSharp.DecompressionStream OpenZstd(Stream source)
    {
        var stream = new ZstdSharp.DecompressionStream(source, leaveOpen: false);
        stream.SetParameter(ZstdSharp.Unsafe.ZSTD_dParameter.ZSTD_d_windowLogMax, MaxZstdWindowLog);
        return stream;
    }
}
