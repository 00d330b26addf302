namespace Gantry.Content;

public sealed partial class ContentWriter
{
    private readonly Lock _followLock = new();
    private TaskCompletionSource? _more;
    private int _state;

    internal ContentWriterState State => (ContentWriterState)Volatile.Read(ref _state);

    /// <summary>Opens a reader that follows this writer; the caller disposes it. Don't <see cref="Restart"/> afterwards.</summary>
    public ContentFollower Follow() => new(this, DataPath);

    /// <summary>Ends at the next write, or when the writer ends.</summary>
    internal Task WaitForMoreAsync()
    {
        lock (_followLock)
        {
            return State != ContentWriterState.Writing
                ? Task.CompletedTask
                : (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void Tell(ContentWriterState? ended = null)
    {
        lock (_followLock)
        {
            if (ended is not null && State == ContentWriterState.Writing)
            {
                Volatile.Write(ref _state, (int)ended.Value);
            }

            _more?.TrySetResult();
            _more = null;
        }
    }
}
