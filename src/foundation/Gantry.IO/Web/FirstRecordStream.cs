namespace Gantry.IO.Web;

/// <summary>
/// Below a TLS handshake: looks at the first bytes a server sends and says so when they are no TLS, in the words Docker's users find
/// explanations for.
/// </summary>
internal sealed class FirstRecordStream(Stream inner) : Stream
{
    private static ReadOnlySpan<byte> Http => "HTTP/"u8;

    private bool _seen;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => Check(buffer.AsSpan(offset), inner.Read(buffer, offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _seen ? inner.ReadAsync(buffer, cancellationToken) : FirstAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> FirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return Check(buffer.Span, read);
    }

    private int Check(ReadOnlySpan<byte> buffer, int read)
    {
        if (_seen || read == 0 || buffer.IsEmpty)
        {
            return read;
        }

        _seen = true;
        var start = buffer[..Math.Min(read, Http.Length)];
        if (Http.StartsWith(start))
        {
            throw new TlsException("http: server gave HTTP response to HTTPS client");
        }

        // 20 to 23 are the record types of TLS (RFC 8446, section 5.1).
        return start[0] is >= 20 and <= 23 ? read : throw new TlsException("tls: first record does not look like a TLS handshake");
    }
}

/// <summary>A TLS handshake that can't work; the message is in Go's words.</summary>
public sealed class TlsException(string message) : IOException(message);
