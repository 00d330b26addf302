namespace Gantry.Images.Transfer;

/// <summary>Turns byte counts into progress messages of one layer, a few per second at most.</summary>
internal sealed class LayerProgress(IProgress<TransferEvent> events, string id, string status, long total) : IProgress<long>
{
    private const long Interval = 100;
    private long _next;

    public void Report(long current)
    {
        var now = Environment.TickCount64;
        if (now >= _next || current == total)
        {
            _next = now + Interval;
            events.Report(TransferEvent.Layer(id, status, current, total));
        }
    }
}
