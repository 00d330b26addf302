namespace Gantry.Logs.Drivers;

/// <summary>
/// A log server that a container's entries go to, one after the other. One caller at a time; it connects before it sends, and again after a
/// failure. Failures are <see cref="LogDestinationException"/>.
/// </summary>
public interface ILogDestination : IAsyncDisposable
{
    /// <summary>Connects, also after a failure. Nothing to do for what needs no connection.</summary>
    Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Sends entries in order; their memory isn't used any more when the task ends. A failure leaves open how many arrived.</summary>
    Task SendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken);

    /// <summary>What to do while it doesn't answer.</summary>
    DestinationPolicy Policy { get; }
}

/// <summary>How patiently entries are offered to a destination.</summary>
public sealed record DestinationPolicy
{
    /// <summary>Wait before the second attempt; it doubles up to <see cref="LongestWait"/>.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(250);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After so many failed attempts a batch is given up; null never.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>A container may start while the destination doesn't answer.</summary>
    public bool StartsUnconnected { get; init; }

    /// <summary>Entries that wait for the destination beyond so many bytes are dropped; null keeps all that the log file keeps.</summary>
    public long? QueueLimit { get; init; }
}

/// <summary>A destination can't be reached or doesn't take entries; the message is Docker's.</summary>
public sealed class LogDestinationException(string message, Exception? inner = null) : IOException(message, inner);
