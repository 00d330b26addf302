using Gantry.Errors;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Attachments;

/// <summary>
/// One attachment. Bytes go over a socket between engine and monitor; when the monitor is killed and another takes its place, a new socket
/// takes the old one's place without the streams' users noticing.
/// </summary>
internal sealed class Attachment : IAttachment
{
    private readonly AttachmentTable _table;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AttachmentSocket _current;
    private TaskCompletionSource<bool> _outcome = NewOutcome();
    private bool _disposed;
    private bool _inputClosed;

    public Attachment(AttachmentTable table, uint id, (string Id, string ExecId) key, AttachOptions options)
    {
        _table = table;
        Id = id;
        Key = key;
        Options = options;
        _current = AttachmentSocket.Create();
        Output = new AttachmentOutput(this);
        Input = options.Stdin ? new AttachmentInput(this) : Stream.Null;
    }

    public uint Id { get; }

    public (string Id, string ExecId) Key { get; }

    public AttachOptions Options { get; }

    /// <inheritdoc/>
    public bool IsRaw => Options.Tty;

    public Stream Output { get; }

    public Stream Input { get; }

    public Task Connected => _connected.Task;

    /// <summary>It was made before the process was started, so it decides what a lagging reader means.</summary>
    public bool WasThereFirst { get; set; }

    /// <summary>Asked to end stdin before the process was started.</summary>
    public bool InputClosed => _inputClosed;

    public AttachmentSocket Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Flags for the monitor.</summary>
    public AttachFlags Flags(bool beforeStart)
    {
        var block = (Options.Overflow ?? (beforeStart ? AttachOverflow.Block : AttachOverflow.Drop)) == AttachOverflow.Block;
        return (Options.Stdin ? AttachFlags.Stdin : 0) | (Options.Stdout ? AttachFlags.Stdout : 0)
            | (Options.Stderr ? AttachFlags.Stderr : 0) | (block ? AttachFlags.Block : 0);
    }

    /// <summary>The process has it.</summary>
    public void SetConnected() => _connected.TrySetResult();

    /// <summary>The output has ended for good: the end of file that follows is the last.</summary>
    public void End()
    {
        lock (_lock)
        {
            _outcome.TrySetResult(false);
            _connected.TrySetResult();
            _current.ReleaseMonitorEnd();
        }
    }

    /// <summary>A new monitor needs a new socket; null when disposed. Readers that see the old one's end go on with it.</summary>
    public AttachmentSocket? Renew()
    {
        lock (_lock)
        {
            if (_disposed || _outcome.Task.IsCompleted)
            {
                return null;
            }

            _current = AttachmentSocket.Create();
            _outcome.TrySetResult(true);
            _outcome = NewOutcome();
            return _current;
        }
    }

    /// <summary>After an end of file: true when reading goes on with another socket.</summary>
    public async ValueTask<bool> ContinuesAsync(AttachmentSocket ended, CancellationToken cancellationToken)
    {
        Task<bool> outcome;
        lock (_lock)
        {
            if (_disposed)
            {
                return false;
            }

            if (_current != ended)
            {
                return true;
            }

            outcome = _outcome.Task;
        }

        return await outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task CloseInputAsync(CancellationToken cancellationToken)
    {
        if (!Options.Stdin)
        {
            throw GantryException.InvalidArgument("the attachment has no stdin");
        }

        if (!_inputClosed)
        {
            _inputClosed = true;
            await _table.CloseInputAsync(this).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return ValueTask.CompletedTask;
            }

            _disposed = true;
            _outcome.TrySetResult(false);
            _connected.TrySetResult();
            _current.Dispose();
        }

        _table.Remove(this);
        return ValueTask.CompletedTask;
    }

    private static TaskCompletionSource<bool> NewOutcome() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
