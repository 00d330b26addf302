namespace Gantry.Client.Transports;

/// <summary>Opens byte streams to one engine.</summary>
public interface ITransport
{
    /// <summary>The host for messages and the "Host:" header.</summary>
    EngineHost Host { get; }

    /// <summary>Opens one connection; the caller disposes it.</summary>
    /// <exception cref="Errors.GantryException">Unavailable: nobody listens there, in Docker's words.</exception>
    Task<DuplexStream> ConnectAsync(CancellationToken cancellationToken);
}

/// <summary>A stream whose two directions end separately.</summary>
public abstract class DuplexStream : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether an idle connection can't be used any more: the other side closed it or sent something unasked.</summary>
    public virtual bool IsStale => false;

    /// <summary>
    /// Waits a moment, blocking, for something to read. An engine on this machine answers within it, and the read that follows completes at once,
    /// which spares a short-lived process the threads of asynchronous sockets: five of them, and a change of threads for each answer.
    /// </summary>
    /// <param name="patience">How long at most.</param>
    public virtual void WaitReadable(TimeSpan patience)
    {
    }

    /// <summary>Tells the other side that no more is coming; reading goes on.</summary>
    public abstract ValueTask CloseWriteAsync(CancellationToken cancellationToken);

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public abstract override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
