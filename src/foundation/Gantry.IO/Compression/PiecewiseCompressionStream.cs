using System.Buffers;
using Gantry.IO.Streams;

namespace Gantry.IO.Compression;

/// <summary>
/// Compresses pieces of one size at once on all cores. The cut is by position, so the same input gives the same output whatever the number of cores
/// and however it is written. Call <see cref="FinishAsync"/> at the end: disposed without it (after a failure) the output stays visibly truncated.
/// Leaves the destination open.
/// </summary>
/// <param name="pieceSize">Bytes of input.</param>
/// <param name="workers">Pieces under way at once; 0 for as many as there are processors.</param>
public abstract class PiecewiseCompressionStream(Stream destination, int pieceSize, int workers) : WriteOnlyStream
{
    private readonly int _workers = workers > 0 ? workers : Environment.ProcessorCount;
    private readonly Queue<Task<MemoryStream>> _running = [];
    private byte[] _piece = ArrayPool<byte>.Shared.Rent(pieceSize);
    private int _used;
    private bool _started;

    /// <summary>What comes before the first piece.</summary>
    protected abstract ReadOnlyMemory<byte> Header { get; }

    /// <summary>Only the asynchronous form is there.</summary>
    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var count = Math.Min(buffer.Length, pieceSize - _used);
            buffer[..count].CopyTo(_piece.AsMemory(_used));
            _used += count;
            buffer = buffer[count..];
            if (_used == pieceSize)
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
        await destination.WriteAsync(Trailer(), cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        await ((Task)Task.WhenAll(_running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ArrayPool<byte>.Shared.Return(_piece);
        _piece = [];
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>What comes after the last piece.</summary>
    protected abstract ReadOnlyMemory<byte> Trailer();

    /// <summary>Sees the pieces in order, before they are compressed.</summary>
    protected virtual void Add(ReadOnlySpan<byte> piece)
    {
    }

    /// <summary>Compresses one piece so that it can stand between the others; called on several threads at once.</summary>
    protected abstract MemoryStream Compress(byte[] piece, int length);

    private async ValueTask SubmitAsync(CancellationToken cancellationToken)
    {
        Add(_piece.AsSpan(0, _used));
        var (piece, used) = (_piece, _used);
        _running.Enqueue(Task.Run(() => CompressAndReturn(piece, used), CancellationToken.None));
        _piece = ArrayPool<byte>.Shared.Rent(pieceSize);
        _used = 0;
        await DrainAsync(_workers, cancellationToken).ConfigureAwait(false);
    }

    private MemoryStream CompressAndReturn(byte[] piece, int length)
    {
        try
        {
            return Compress(piece, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
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
            await destination.WriteAsync(Header, cancellationToken).ConfigureAwait(false);
        }
    }
}
