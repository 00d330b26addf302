using Gantry.IO.Streams;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>A request's body that the build of another request reads.</summary>
internal sealed class PendingUpload(Stream body)
{
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a build takes it.</summary>
    internal Task Taken => _taken.Task;

    /// <summary>Completes when the build doesn't read it any more.</summary>
    internal Task Read => _read.Task;

    /// <summary>The body; disposing it says that it was read.</summary>
    internal Stream Take()
    {
        _taken.TrySetResult();
        return new Body(body, _read);
    }

    private sealed class Body(Stream body, TaskCompletionSource read) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => body.Read(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => body.ReadAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            read.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
