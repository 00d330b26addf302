using System.Buffers;

namespace Gantry.IO.Tar;

/// <summary>
/// Writes a tar stream in the pax format, the same bytes for the same entries every time. Use: <see cref="BeginEntryAsync"/>, the entry's
/// <see cref="TarEntry.Size"/> bytes of content, and at the end <see cref="CompleteAsync"/>. Sparse files are written in full.
/// </summary>
public sealed class TarWriter : IDisposable
{
    private const int BufferSize = 128 << 10;
    private static readonly byte[] s_zeros = new byte[2 * TarHeader.BlockSize];

    private readonly Stream _destination;
    private readonly TarRawSink? _sink;
    private readonly List<byte> _header = [];
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _used;
    private long _dataLeft;
    private int _padding;

    /// <param name="destination">Left open.</param>
    /// <param name="sink">Gets every byte written that is not content.</param>
    public TarWriter(Stream destination, TarRawSink? sink = null)
    {
        _destination = destination;
        _sink = sink;
    }

    /// <summary>Bytes written so far.</summary>
    public long Position { get; private set; }

    /// <summary>Writes the entry's header. Only files have content.</summary>
    public async ValueTask BeginEntryAsync(TarEntry entry, CancellationToken cancellationToken = default)
    {
        await EndEntryAsync(cancellationToken).ConfigureAwait(false);
        _header.Clear();
        TarHeaderWriter.Write(entry.Kind == TarEntryKind.File ? entry : entry with { Size = 0 }, _header);
        await RawAsync(_header.ToArray(), cancellationToken).ConfigureAwait(false);
        _dataLeft = entry.Kind == TarEntryKind.File ? entry.Size : 0;
        _padding = (int)(-_dataLeft & (TarHeader.BlockSize - 1));
    }

    /// <summary>Writes a piece of the current entry's content.</summary>
    /// <exception cref="InvalidOperationException">More than the entry's size.</exception>
    public ValueTask WriteDataAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        if (data.Length > _dataLeft)
        {
            throw new InvalidOperationException("More content than the tar entry's size.");
        }

        _dataLeft -= data.Length;
        return AppendAsync(data, cancellationToken);
    }

    /// <summary>Writes an entry with content from a stream, which must have at least the entry's size.</summary>
    public async ValueTask WriteEntryAsync(TarEntry entry, Stream content, CancellationToken cancellationToken = default)
    {
        await BeginEntryAsync(entry, cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (_dataLeft > 0)
            {
                var read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, _dataLeft)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EndOfStreamException($"{entry.Name}: shorter than expected");
                }

                await WriteDataAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes an entry with content at hand.</summary>
    public async ValueTask WriteEntryAsync(TarEntry entry, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        await BeginEntryAsync(entry with { Size = content.Length }, cancellationToken).ConfigureAwait(false);
        await WriteDataAsync(content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the end mark and flushes; the archive is complete.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        await EndEntryAsync(cancellationToken).ConfigureAwait(false);
        await RawAsync(s_zeros, cancellationToken).ConfigureAwait(false);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Hands what is buffered to the destination.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_used > 0)
        {
            await _destination.WriteAsync(_buffer.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
            _used = 0;
        }

        await _destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask EndEntryAsync(CancellationToken cancellationToken)
    {
        if (_dataLeft > 0)
        {
            throw new InvalidOperationException($"{_dataLeft} bytes of the tar entry's content are missing.");
        }

        var padding = _padding;
        _padding = 0;
        await RawAsync(s_zeros.AsMemory(0, padding), cancellationToken).ConfigureAwait(false);
    }

    private ValueTask RawAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!bytes.IsEmpty)
        {
            _sink?.Invoke(bytes.Span);
        }

        return AppendAsync(bytes, cancellationToken);
    }

    private async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var buffer = _buffer ?? throw new ObjectDisposedException(nameof(TarWriter));
        Position += bytes.Length;
        var direct = bytes.Length > buffer.Length / 2;
        if ((direct || bytes.Length > buffer.Length - _used) && _used > 0)
        {
            // Also before what goes past the buffer although it would fit: the order is the archive.
            await _destination.WriteAsync(buffer.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
            _used = 0;
        }

        if (direct)
        {
            await _destination.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            return;
        }

        bytes.Span.CopyTo(buffer.AsSpan(_used));
        _used += bytes.Length;
    }
}
