using Gantry.Client.Transports;

namespace Gantry.Client.Http;

/// <summary>A connection after "101 UPGRADED": bytes in both directions, first those that came with the response's head.</summary>
public sealed class HijackedStream : DuplexStream
{
    private readonly DuplexStream _stream;
    private readonly ReceiveBuffer _buffer;

    internal HijackedStream(DuplexStream stream, ReceiveBuffer buffer)
    {
        _stream = stream;
        _buffer = buffer;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _buffer.ReadAsync(buffer, isBody: false, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _stream.WriteAsync(buffer, cancellationToken);

    /// <summary>Waits, blocking, for output: for callers that have nothing else to do meanwhile.</summary>
    public override void WaitReadable(TimeSpan patience) => _buffer.WaitReadable(patience);

    public override ValueTask CloseWriteAsync(CancellationToken cancellationToken) => _stream.CloseWriteAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
