using Gantry.IO.Streams;

namespace Gantry.Build.Context;

/// <summary>One file's content in the spool.</summary>
internal sealed class SpoolStream(ContextSpool spool, long start, long length) : ReadOnlyStream
{
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        var n = buffer.IsEmpty || _position >= length ? 0 : spool.Read(buffer[..(int)Math.Min(buffer.Length, length - _position)], start + _position);
        _position += n;
        return n;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));
}
