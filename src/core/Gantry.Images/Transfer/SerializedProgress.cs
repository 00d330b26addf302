namespace Gantry.Images.Transfer;

/// <summary>Messages come from many tasks; their receiver gets one at a time.</summary>
internal sealed class SerializedProgress(IProgress<TransferEvent> inner) : IProgress<TransferEvent>
{
    private readonly Lock _lock = new();

    public void Report(TransferEvent value)
    {
        lock (_lock)
        {
            inner.Report(value);
        }
    }
}
