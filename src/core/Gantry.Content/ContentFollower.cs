using Gantry.IO.Streams;

namespace Gantry.Content;

/// <summary>
/// Reads a blob while it is being written, from its first byte: waits where it catches up with the writer, ends when the writer commits, and
/// fails when the writer gives up. What it has read by then is not verified. Stays usable after the blob was moved into place.
/// </summary>
public sealed class ContentFollower : ReadOnlyStream
{
    private readonly ContentWriter _writer;
    private readonly FileStream _file;
    private long _position;

    internal ContentFollower(ContentWriter writer, string path)
    {
        _writer = writer;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>Bytes read so far.</summary>
    public long Consumed => Volatile.Read(ref _position);

    /// <summary>Only the asynchronous form is there: it waits for another task.</summary>
    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    /// <exception cref="IOException">The writer stopped without completing the blob.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            // Asked before looking, so that what is written in between wakes us up.
            var more = _writer.WaitForMoreAsync();
            var available = _writer.Offset - _position;
            if (available > 0)
            {
                var read = RandomAccess.Read(_file.SafeFileHandle, buffer.Span[..(int)Math.Min(buffer.Length, available)], _position);
                Volatile.Write(ref _position, _position + read);
                return read > 0 ? read : throw new IOException("a partial blob became shorter");
            }

            if (_writer.State != ContentWriterState.Writing)
            {
                return _writer.State == ContentWriterState.Committed ? 0 : throw new IOException("the blob was not completed");
            }

            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>How a writer stands, for those who follow it.</summary>
internal enum ContentWriterState
{
    Writing = 0,
    Committed,
    Stopped,
}
