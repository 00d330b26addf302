using System.Buffers.Binary;

namespace Gantry.Engine.Streams;

/// <summary>Takes Docker's multiplexed stream apart while it is written: only the payloads get through, output and error together.</summary>
/// <param name="inner">Gets one write for each piece of payload. Not disposed.</param>
public sealed class UnframingStream(Stream inner) : Stream
{
    private readonly byte[] _header = new byte[Frames.HeaderSize];
    private int _headerLength;
    private uint _left;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (_left == 0)
            {
                buffer = buffer[TakeHeader(buffer.Span)..];
                continue;
            }

            var piece = buffer[..(int)Math.Min(_left, (uint)buffer.Length)];
            await inner.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            _left -= (uint)piece.Length;
            buffer = buffer[piece.Length..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only the asynchronous form is there.");

    private int TakeHeader(ReadOnlySpan<byte> data)
    {
        var taken = Math.Min(Frames.HeaderSize - _headerLength, data.Length);
        data[..taken].CopyTo(_header.AsSpan(_headerLength));
        _headerLength += taken;
        if (_headerLength == Frames.HeaderSize)
        {
            _left = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4));
            _headerLength = 0;
        }

        return taken;
    }
}
