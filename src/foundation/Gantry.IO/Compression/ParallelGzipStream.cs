using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Gantry.IO.Streams;

namespace Gantry.IO.Compression;

/// <summary>
/// Compresses to one gzip member, pieces of 1 MB at once on all cores. Pieces end in a sync flush, so their deflate streams join to one
/// (RFC 1951, 3.2.4; pigz's way). A piece that would grow is stored as it is. The cut is by position, so the same input gives the same output whatever the number of cores and however
/// it is written. Call <see cref="FinishAsync"/> at the end: disposed without it (after a failure) the output stays visibly truncated. Leaves the
/// destination open.
/// </summary>
public sealed class ParallelGzipStream(Stream destination, CompressionLevel level = CompressionLevel.Fastest, int workers = 0) : WriteOnlyStream
{
    private const int PieceSize = 1 << 20;

    /// <summary>Most bytes that a stored block holds, and what its header takes (RFC 1951, 3.2.4).</summary>
    private const int MaxStored = 65535;
    private const int StoredHeader = 5;

    // No name, no time, unknown system.
    private static readonly byte[] s_header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    private static readonly byte[] s_lastBlock = [0x03, 0x00];

    private readonly int _workers = workers > 0 ? workers : Environment.ProcessorCount;
    private readonly Queue<Task<MemoryStream>> _running = [];
    private byte[] _piece = ArrayPool<byte>.Shared.Rent(PieceSize);
    private int _used;
    private uint _crc;
    private uint _length;
    private bool _started;

    /// <summary>Only the asynchronous form is there.</summary>
    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var count = Math.Min(buffer.Length, PieceSize - _used);
            buffer[..count].CopyTo(_piece.AsMemory(_used));
            _used += count;
            buffer = buffer[count..];
            if (_used == PieceSize)
            {
                await SubmitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes what is left and the trailer.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken = default)
    {
        if (_used > 0)
        {
            await SubmitAsync(cancellationToken).ConfigureAwait(false);
        }

        await DrainAsync(0, cancellationToken).ConfigureAwait(false);
        await StartAsync(cancellationToken).ConfigureAwait(false);
        var trailer = new byte[s_lastBlock.Length + 8];
        s_lastBlock.CopyTo(trailer, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(2), _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(6), _length);
        await destination.WriteAsync(trailer, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        await ((Task)Task.WhenAll(_running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ArrayPool<byte>.Shared.Return(_piece);
        _piece = [];
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask SubmitAsync(CancellationToken cancellationToken)
    {
        _crc = Crc32.Append(_crc, _piece.AsSpan(0, _used));
        _length += (uint)_used;
        var (piece, used) = (_piece, _used);
        _running.Enqueue(Task.Run(() => Compress(piece, used), CancellationToken.None));
        _piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        _used = 0;
        await DrainAsync(_workers, cancellationToken).ConfigureAwait(false);
    }

    private MemoryStream Compress(byte[] piece, int input)
    {
        try
        {
            var length = input;
            var output = new MemoryStream(input / 2);
            using (var deflate = new DeflateStream(output, level, leaveOpen: true))
            {
                deflate.Write(piece, 0, input);
                deflate.Flush();
                length = (int)output.Length; // what Dispose appends is an end mark, not wanted here
            }

            output.SetLength(length);
            return length <= StoredLength(input) ? output : Store(piece, input, output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
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

    /// <summary>Writes finished pieces in order until at most <paramref name="running"/> are left.</summary>
    private async ValueTask DrainAsync(int running, CancellationToken cancellationToken)
    {
        while (_running.Count > running)
        {
            var piece = await _running.Dequeue().ConfigureAwait(false);
            await StartAsync(cancellationToken).ConfigureAwait(false);
            await destination.WriteAsync(piece.GetBuffer().AsMemory(0, (int)piece.Length), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            _started = true;
            await destination.WriteAsync(s_header, cancellationToken).ConfigureAwait(false);
        }
    }
}
