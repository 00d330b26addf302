using Gantry.BuildKit;
using Gantry.IO.Streams;

namespace Gantry.Build.Context;

/// <summary>The bytes that come in messages of one field, as a stream to read.</summary>
internal sealed class BytesMessageStream(IMessageStream messages) : ReadOnlyStream
{
    private byte[] _left = [];
    private int _position;

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_position == _left.Length)
        {
            if (await messages.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } message)
            {
                return 0;
            }

            (_left, _position) = (SingleField.Bytes(message.Span).ToArray(), 0);
        }

        var n = Math.Min(buffer.Length, _left.Length - _position);
        _left.AsSpan(_position, n).CopyTo(buffer.Span);
        _position += n;
        return n;
    }
}
