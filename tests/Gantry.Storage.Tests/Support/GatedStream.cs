using Gantry.IO.Streams;

namespace Gantry.Storage.Tests;

/// <summary>Gives its first bytes, then waits until it is opened.</summary>
internal sealed class GatedStream(byte[] content) : ReadOnlyStream
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Started => _started.Task;

    internal int BytesRead { get; private set; }

    internal void Open() => _open.TrySetResult();

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (BytesRead >= 1024)
        {
            _started.TrySetResult();
            await _open.Task.WaitAsync(cancellationToken);
        }

        var count = Math.Min(Math.Min(buffer.Length, 1024), content.Length - BytesRead);
        content.AsSpan(BytesRead, count).CopyTo(buffer.Span);
        BytesRead += count;
        return count;
    }
}
