namespace Gantry.Registry.Transport;

/// <summary>Cancels a transfer that moves too little: fewer than a minimum of bytes within each period.</summary>
internal sealed class StallTimer : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _period;
    private readonly int _minimum;
    private readonly CancellationToken _outer;
    private long _moved;
    private long _touched = Environment.TickCount64;

    internal StallTimer(TimeSpan period, int minimum, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _source.CancelAfter(period);
        _period = period;
        _minimum = minimum;
        _outer = cancellationToken;
    }

    internal CancellationToken Token => _source.Token;

    /// <summary>True when the timer, not its owner, ended the transfer.</summary>
    internal bool Expired => _source.IsCancellationRequested && !_outer.IsCancellationRequested;

    internal void Moved(int bytes)
    {
        _moved += bytes;
        var now = Environment.TickCount64;
        if (_moved >= _minimum && now - _touched > 50)
        {
            _moved = 0;
            _touched = now;
            _source.CancelAfter(_period);
        }
    }

    internal void Cancel() => _source.Cancel();

    public void Dispose() => _source.Dispose();
}
