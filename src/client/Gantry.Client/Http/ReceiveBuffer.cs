using Gantry.Client.Transports;
using Gantry.Errors;

namespace Gantry.Client.Http;

/// <summary>Bytes read from a connection but not yet used.</summary>
internal sealed class ReceiveBuffer(DuplexStream stream)
{
    /// <summary>The rest of a body is on its way.</summary>
    private static readonly TimeSpan s_bodyPatience = TimeSpan.FromMilliseconds(2);

    // Pages that are never filled are never touched.
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(8 * 1024);
    private int _start;
    private int _end;

    public ReadOnlyMemory<byte> Available => _buffer.AsMemory(_start, _end - _start);

    public void Consume(int count) => _start += count;

    /// <summary>Waits, blocking, until there is something to take.</summary>
    public void WaitReadable(TimeSpan patience)
    {
        if (_start == _end)
        {
            stream.WaitReadable(patience);
        }
    }

    /// <summary>Reads more; false at the end of the stream.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            MakeRoom();
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    /// <summary>Takes what is buffered, or reads straight into <paramref name="target"/>.</summary>
    /// <param name="isBody">Whether more is likely to be on its way.</param>
    public ValueTask<int> ReadAsync(Memory<byte> target, bool isBody, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            if (isBody)
            {
                stream.WaitReadable(s_bodyPatience);
            }

            return stream.ReadAsync(target, cancellationToken);
        }

        var count = Math.Min(target.Length, _end - _start);
        _buffer.AsMemory(_start, count).CopyTo(target);
        _start += count;
        return ValueTask.FromResult(count);
    }

    /// <summary>A line without its end; <paramref name="limit"/> is the most bytes it may have.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(int limit, CancellationToken cancellationToken)
    {
        var searched = 0;
        while (true)
        {
            var end = Available.Span[searched..].IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = Available[..(searched + end)];
                Consume(searched + end + 1);
                return line.Length > 0 && line.Span[^1] == '\r' ? line[..^1] : line;
            }

            searched = _end - _start;
            if (searched > limit)
            {
                throw HttpHead.Malformed("line too long");
            }

            stream.WaitReadable(s_bodyPatience);
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                throw GantryException.Unavailable("unexpected EOF");
            }
        }
    }

    private void MakeRoom()
    {
        if (_start == 0)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
            return;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
    }
}
