namespace Gantry.IO.Streams;

/// <summary>
/// Reads its source in large blocks for a reader that asks for little at a time, as the decoder of gzip does (8 KB a call). Never waits for more than what the
/// source gives at once. Owns the source.
/// </summary>
internal sealed class BlockReadStream(Stream source) : ReadOnlyStream
{
    private const int BlockSize = 128 << 10;
    private readonly byte[] _block = new byte[BlockSize];
    private int _start;
    private int _end;

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, source.Read(_block));
        }

        return Take(buffer);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _start < _end ? ValueTask.FromResult(Take(buffer.Span)) : FillAsync(buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        (_start, _end) = (0, 0);
        _end = await source.ReadAsync(_block, cancellationToken).ConfigureAwait(false);
        return Take(buffer.Span);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _block.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }
}
