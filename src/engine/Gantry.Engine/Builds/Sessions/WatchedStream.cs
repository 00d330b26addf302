using Gantry.IO.Streams;

namespace Gantry.Engine.Builds.Sessions;

/// <summary>A connection that tells when it has ended, from either side.</summary>
internal sealed class WatchedStream(Stream input, Stream output) : TwoWayStream
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Ended => _ended.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var n = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (n == 0 && !buffer.IsEmpty)
            {
                _ended.TrySetResult();
            }

            return n;
        }
        catch
        {
            _ended.TrySetResult();
            throw;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _ended.TrySetResult();
            throw;
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    public override void Flush() => output.Flush();

    protected override void Dispose(bool disposing)
    {
        _ended.TrySetResult();
        base.Dispose(disposing);
    }
}
