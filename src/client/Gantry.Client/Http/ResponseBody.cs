using System.Globalization;
using System.Text;
using Gantry.Errors;

namespace Gantry.Client.Http;

/// <summary>A response's body: of known length, chunked, or up to the end of the connection. A body cut short is an error, never an early end.</summary>
internal sealed class ResponseBody : Stream
{
    private const int LongestChunkLine = 4 * 1024;

    private readonly ReceiveBuffer _buffer;
    private readonly bool _chunked;
    private readonly bool _untilClose;
    private readonly Action<bool> _done;
    private long _remaining;
    private bool _firstChunk = true;
    private bool _finished;

    /// <param name="length">Null: until the connection closes; -1: chunked.</param>
    /// <param name="done">Called once, with whether the body was read to its end.</param>
    public ResponseBody(ReceiveBuffer buffer, long? length, Action<bool> done)
    {
        _buffer = buffer;
        _chunked = length == -1;
        _untilClose = length is null;
        _remaining = _chunked || _untilClose ? 0 : length!.Value;
        _done = done;
        if (length == 0)
        {
            Finish(true);
        }
    }

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Waits, blocking, for the first of it: for callers that have nothing else to do meanwhile.</summary>
    public void WaitReadable(TimeSpan patience)
    {
        if (!_finished)
        {
            _buffer.WaitReadable(patience);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_finished || buffer.Length == 0)
        {
            return 0;
        }

        if (_untilClose)
        {
            var any = await _buffer.ReadAsync(buffer, isBody: true, cancellationToken).ConfigureAwait(false);
            if (any == 0)
            {
                Finish(true);
            }

            return any;
        }

        if (_chunked && _remaining == 0 && !await NextChunkAsync(cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        var wanted = (int)Math.Min(buffer.Length, _remaining);
        var read = await _buffer.ReadAsync(buffer[..wanted], isBody: true, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            throw Cut();
        }

        _remaining -= read;
        if (!_chunked && _remaining == 0)
        {
            Finish(true);
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Finish(false);
        }

        base.Dispose(disposing);
    }

    private async ValueTask<bool> NextChunkAsync(CancellationToken cancellationToken)
    {
        if (!_firstChunk && (await _buffer.ReadLineAsync(LongestChunkLine, cancellationToken).ConfigureAwait(false)).Length > 0)
        {
            throw HttpHead.Malformed("malformed chunked encoding");
        }

        _firstChunk = false;
        _remaining = ChunkSize(await _buffer.ReadLineAsync(LongestChunkLine, cancellationToken).ConfigureAwait(false));
        if (_remaining > 0)
        {
            return true;
        }

        var trailers = 0;
        while ((await _buffer.ReadLineAsync(LongestChunkLine, cancellationToken).ConfigureAwait(false)).Length > 0)
        {
            if (++trailers > 100)
            {
                throw HttpHead.Malformed("too many trailers");
            }
        }

        Finish(true);
        return false;
    }

    private static long ChunkSize(ReadOnlyMemory<byte> line)
    {
        var text = Encoding.ASCII.GetString(line.Span);
        var digits = text.Split(';')[0].Trim();
        return digits.Length is > 0 and <= 15 && long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw HttpHead.Malformed("invalid byte in chunk length");
    }

    private void Finish(bool complete)
    {
        if (!_finished)
        {
            _finished = true;
            _done(complete);
        }
    }

    private static GantryException Cut() => GantryException.Unavailable("unexpected EOF");
}
