namespace Gantry.IO.Streams;

/// <summary>
/// Messages both ways, each side ended on its own. One reader and one writer at a time. Disposing it before both sides have ended breaks the stream off,
/// which the other end sees.
/// </summary>
public interface IMessageStream : IAsyncDisposable
{
    /// <summary>The next message, or null after the last. The memory is the caller's.</summary>
    /// <exception cref="Errors.GantryException">The other end failed or has gone.</exception>
    ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Sends a message; the memory may be used again when it returns.</summary>
    /// <exception cref="Errors.GantryException">The other end failed or has gone.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>Says that no more messages follow.</summary>
    ValueTask EndAsync(CancellationToken cancellationToken);
}
