using System.Buffers;
using Gantry.Linux;

namespace Gantry.IO.Tar;

/// <summary>Gets every byte of the archive that is not file content: headers, padding, the end.</summary>
public delegate void TarRawSink(ReadOnlySpan<byte> bytes);

/// <summary>
/// Reads a tar stream forward: pax, ustar, v7 and GNU (long names, all sparse formats). Nothing in it is trusted: lengths are bounded before
/// memory is taken, checksums are verified, and a malformed archive ends in <see cref="Errors.GantryException"/> DataCorrupt. Why not
/// System.Formats.Tar: docs/design/tar.md.
/// </summary>
public sealed partial class TarReader : IDisposable
{
    /// <summary>As much as one pax or long-name header may hold.</summary>
    private const int MaxExtensionSize = 1 << 20;
    private const int BufferSize = 256 << 10;

    private readonly Stream _source;
    private readonly TarRawSink? _sink;
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start;
    private int _end;
    private long _dataLeft;
    private int _paddingLeft;

    /// <param name="source">Left open.</param>
    /// <param name="sink">See <see cref="TarRawSink"/>; called in archive order between the pieces of content.</param>
    public TarReader(Stream source, TarRawSink? sink = null)
    {
        _source = source;
        _sink = sink;
    }

    /// <summary>Bytes of the archive consumed so far.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes of the current entry's content in the archive not read yet; for a sparse file, of its stored stretches.</summary>
    public long DataLeft => _dataLeft;

    /// <summary>Moves to the next entry, skipping content not read; null at the end, when the whole source has been consumed.</summary>
    public async ValueTask<TarEntry?> ReadEntryAsync(CancellationToken cancellationToken = default)
    {
        await SkipDataAsync(cancellationToken).ConfigureAwait(false);
        var extensions = default(Extensions);
        while (true)
        {
            var block = await NeedBlockAsync(endAllowed: extensions.IsEmpty, cancellationToken).ConfigureAwait(false);
            if (block.IsEmpty)
            {
                return null;
            }

            if (IsZero(block.Span))
            {
                if (!extensions.IsEmpty)
                {
                    throw TarError.Malformed("an extended header without a member");
                }

                Raw(TarHeader.BlockSize);
                await ReadTrailerAsync(cancellationToken).ConfigureAwait(false);
                return null;
            }

            var type = BeginMember(block.Span, out var size);
            if (type is 'x' or 'g' or 'L' or 'K')
            {
                Raw(TarHeader.BlockSize);
                var data = await ReadExtensionAsync(size, cancellationToken).ConfigureAwait(false);
                extensions = extensions.With(type, data);
                continue;
            }

            return await ReadMemberAsync(type, size, extensions, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The next piece of the current entry's content, empty at its end. Valid until the next call of this reader. A sparse file's
    /// stretches follow each other without a gap.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadDataAsync(CancellationToken cancellationToken = default)
    {
        if (_dataLeft == 0)
        {
            await SkipPaddingAsync(cancellationToken).ConfigureAwait(false);
            return default;
        }

        if (_start == _end)
        {
            await FillAsync(1, cancellationToken).ConfigureAwait(false);
        }

        var piece = _buffer.AsMemory(_start, (int)Math.Min(_dataLeft, _end - _start));
        Consume(piece.Length);
        _dataLeft -= piece.Length;
        return piece;
    }

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static char BeginMember(ReadOnlySpan<byte> block, out long size)
    {
        var header = new TarHeader(block);
        if (!header.HasValidChecksum)
        {
            throw TarError.InvalidHeader();
        }

        size = header.Size;
        return size >= 0 ? header.Type : throw TarError.Malformed("a negative size");
    }

    private async ValueTask<byte[]> ReadExtensionAsync(long size, CancellationToken cancellationToken)
    {
        if (size > MaxExtensionSize)
        {
            throw TarError.Malformed($"an extended header of {size} bytes");
        }

        var padded = (int)(size + TarHeader.BlockSize - 1) / TarHeader.BlockSize * TarHeader.BlockSize;
        var data = new byte[padded];
        for (var done = 0; done < padded; done += TarHeader.BlockSize)
        {
            var block = await NeedBlockAsync(endAllowed: false, cancellationToken).ConfigureAwait(false);
            block.Span.CopyTo(data.AsSpan(done));
            Raw(TarHeader.BlockSize);
        }

        return data[..(int)size];
    }

    private async ValueTask SkipDataAsync(CancellationToken cancellationToken)
    {
        while (_dataLeft > 0)
        {
            await ReadDataAsync(cancellationToken).ConfigureAwait(false);
        }

        await SkipPaddingAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An archive may end in here: docker's CLI leaves the padding off when it adds a Dockerfile to a context.</summary>
    private async ValueTask SkipPaddingAsync(CancellationToken cancellationToken)
    {
        var padding = _paddingLeft;
        _paddingLeft = 0;
        while (_end - _start < padding)
        {
            if (!await TryFillAsync(cancellationToken).ConfigureAwait(false))
            {
                padding = _end - _start;
            }
        }

        if (padding > 0)
        {
            Raw(padding);
        }
    }

    /// <summary>
    /// After the end mark there may be more zeros (tar pads to its record size) and nothing else. Less than a block of them is an archive that was cut off.
    /// </summary>
    private async ValueTask ReadTrailerAsync(CancellationToken cancellationToken)
    {
        for (var after = 0L; ;)
        {
            if (_start == _end && !await TryFillAsync(cancellationToken).ConfigureAwait(false))
            {
                if (after is > 0 and < TarHeader.BlockSize)
                {
                    throw TarError.Truncated();
                }

                return;
            }

            after += _end - _start;

            if (!IsZero(_buffer.AsSpan(_start, _end - _start)))
            {
                throw TarError.Malformed("data after the end of the archive");
            }

            Raw(_end - _start);
        }
    }

    /// <summary>The next block in the buffer, not consumed; empty when the source has ended and that is allowed.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> NeedBlockAsync(bool endAllowed, CancellationToken cancellationToken)
    {
        if (_start == _end && !await TryFillAsync(cancellationToken).ConfigureAwait(false))
        {
            return endAllowed ? default(ReadOnlyMemory<byte>) : throw TarError.Truncated();
        }

        await FillAsync(TarHeader.BlockSize, cancellationToken).ConfigureAwait(false);
        return _buffer.AsMemory(_start, TarHeader.BlockSize);
    }

    private async ValueTask FillAsync(int needed, CancellationToken cancellationToken)
    {
        while (_end - _start < needed)
        {
            if (!await TryFillAsync(cancellationToken).ConfigureAwait(false))
            {
                throw TarError.Truncated();
            }
        }
    }

    /// <summary>Reads once more from the source; false at its end.</summary>
    private async ValueTask<bool> TryFillAsync(CancellationToken cancellationToken)
    {
        var buffer = _buffer ?? throw new ObjectDisposedException(nameof(TarReader));
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0 && buffer.Length - _end < TarHeader.BlockSize)
        {
            buffer.AsSpan(_start, _end - _start).CopyTo(buffer);
            (_start, _end) = (0, _end - _start);
        }

        var read = await _source.ReadAsync(buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    /// <summary>Consumes bytes that are not content.</summary>
    private void Raw(int count)
    {
        _sink?.Invoke(_buffer.AsSpan(_start, count));
        Consume(count);
    }

    private void Consume(int count)
    {
        _start += count;
        Position += count;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    /// <summary>Extended headers seen before a member.</summary>
    private readonly record struct Extensions(PaxRecords? Pax, string? LongName, string? LongLink)
    {
        internal bool IsEmpty => Pax is null && LongName is null && LongLink is null;

        /// <summary>Global records ('g') are ignored, as Docker does: git writes its commit there.</summary>
        internal Extensions With(char type, byte[] data) => type switch
        {
            'x' => this with { Pax = PaxRecords.Parse(data) },
            'L' => this with { LongName = ToText(data) },
            'K' => this with { LongLink = ToText(data) },
            _ => this,
        };

        private static string ToText(ReadOnlySpan<byte> data)
        {
            var end = data.IndexOf((byte)0);
            return LinuxPath.Decode(end < 0 ? data : data[..end]);
        }
    }
}
