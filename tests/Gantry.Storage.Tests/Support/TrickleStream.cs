using Gantry.IO.Streams;

namespace Gantry.Storage.Tests;

/// <summary>Gives its bytes in pieces of changing, odd sizes, as a network does.</summary>
internal sealed class TrickleStream(byte[] content) : ReadOnlyStream
{
    private int _position;
    private int _step = 1;

    public override int Read(Span<byte> buffer)
    {
        _step = (_step * 7 % 1021) + 1;
        var count = Math.Min(Math.Min(buffer.Length, _step), content.Length - _position);
        content.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
}
