using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Gantry.Client.Transports;

namespace Gantry.Client.Http;

/// <summary>A request body in chunks (RFC 9112, section 7.1). Small writes are gathered; a chunk goes out with one call.</summary>
internal sealed class ChunkedWriteStream(DuplexStream target) : Stream
{
    private const int ChunkSize = 64 * 1024;
    private const int HeadRoom = 8;
    private static readonly byte[] s_last = "0\r\n\r\n"u8.ToArray();

    private readonly byte[] _buffer = new byte[HeadRoom + ChunkSize + 2];
    private int _length;

    /// <summary>Whether writing failed because the other side went away, which its answer may explain.</summary>
    public bool IsBroken { get; private set; }

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

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
            var count = Math.Min(buffer.Length, ChunkSize - _length);
            buffer[..count].CopyTo(_buffer.AsMemory(HeadRoom + _length));
            _length += count;
            buffer = buffer[count..];
            if (_length == ChunkSize)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_length == 0)
        {
            return;
        }

        var size = Encoding.ASCII.GetBytes(_length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        var start = HeadRoom - size.Length;
        size.CopyTo(_buffer, start);
        _buffer[HeadRoom + _length] = (byte)'\r';
        _buffer[HeadRoom + _length + 1] = (byte)'\n';
        var chunk = _buffer.AsMemory(start, size.Length + _length + 2);
        _length = 0;
        await SendAsync(chunk, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the body.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await SendAsync(s_last, cancellationToken).ConfigureAwait(false);
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await target.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            IsBroken = true;
            throw;
        }
    }
}
