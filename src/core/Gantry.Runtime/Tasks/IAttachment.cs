namespace Gantry.Runtime;

/// <summary>Which streams an attachment wants.</summary>
public sealed record AttachOptions
{
    public bool Stdin { get; init; }

    public bool Stdout { get; init; } = true;

    /// <summary>With a terminal all output is stdout.</summary>
    public bool Stderr { get; init; } = true;

    /// <summary>The process has, or will have, a terminal: output is raw. Must be what the process is started with.</summary>
    public bool Tty { get; init; }

    /// <summary>
    /// What happens when the reader lags by more than the kernel's buffers (some 200 KiB). Null: <see cref="AttachOverflow.Block"/>
    /// when attached before the process starts, else <see cref="AttachOverflow.Drop"/>.
    /// </summary>
    public AttachOverflow? Overflow { get; init; }
}

/// <summary>Policy for an attachment whose reader is slower than the process.</summary>
public enum AttachOverflow
{
    /// <summary>The process waits for the reader, as it would in a shell pipeline; nothing is lost.</summary>
    Block = 0,

    /// <summary>Whole chunks of output are left out for this attachment; process, log and other attachments are not held up.</summary>
    Drop,
}

/// <summary>One connection to a process's stdio. Disposing it detaches; the process stays.</summary>
public interface IAttachment : IAsyncDisposable
{
    /// <summary>True when <see cref="Output"/> is a terminal's raw bytes rather than Docker's multiplexed format.</summary>
    bool IsRaw { get; }

    /// <summary>
    /// The process's output, already in the format of the Engine API: with a terminal the raw bytes, else frames of an 8-byte header
    /// (stream 1 or 2, three zeros, big-endian length) and payload. Reads 0 bytes when the process's output has ended. Give it buffers of some KiB.
    /// <c>StreamFrames</c> takes it apart for callers inside the engine.
    /// </summary>
    Stream Output { get; }

    /// <summary>Bytes for the process's stdin. Writes wait while the process does not read. Null-like when not asked for: writes fail.</summary>
    Stream Input { get; }

    /// <summary>Completes when the process is there, so that what was written for it reaches it also when this is disposed, or when it will never be.</summary>
    Task Connected { get; }

    /// <summary>
    /// Ends the process's stdin for good once everything written has been delivered (Docker's StdinOnce and every exec); without this
    /// call detaching leaves stdin open. With a terminal it does nothing.
    /// </summary>
    Task CloseInputAsync(CancellationToken cancellationToken);
}
