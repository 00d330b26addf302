using System.Buffers.Binary;
using Gantry.Errors;

namespace Gantry.Client.Streams;

/// <summary>Which of a container's streams a frame belongs to.</summary>
public enum StreamKind : byte
{
    StandardInput = 0,
    StandardOutput = 1,
    StandardError = 2,

    /// <summary>A failure of the engine in the middle of the stream.</summary>
    SystemError = 3,
}

/// <summary>
/// Takes apart what attach, exec and logs send for a container without a terminal: frames of an eight-byte header (stream, three zero bytes,
/// length in big endian) and their bytes (Engine API, "Stream format").
/// </summary>
public static class FrameReader
{
    private const int HeaderSize = 8;
    private const int LongestSystemError = 64 * 1024;

    /// <summary>Copies until the stream ends, which it may only do between frames.</summary>
    /// <exception cref="GantryException">The stream is cut short, is no frame stream, or carries an error of the engine.</exception>
    public static async Task CopyAsync(
        Stream source, Func<StreamKind, ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderSize];
        var buffer = new byte[32 * 1024];
        while (await ReadHeaderAsync(source, header, cancellationToken).ConfigureAwait(false))
        {
            var kind = (StreamKind)header[0];
            long length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
            if (kind == StreamKind.SystemError)
            {
                throw await ReadSystemErrorAsync(source, length, cancellationToken).ConfigureAwait(false);
            }

            if (kind > StreamKind.SystemError)
            {
                throw GantryException.DataCorrupt($"unrecognized stream: {header[0]}");
            }

            while (length > 0)
            {
                var read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw GantryException.Unavailable("unexpected EOF");
                }

                length -= read;
                await write(kind, buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask<bool> ReadHeaderAsync(Stream source, byte[] header, CancellationToken cancellationToken)
    {
        var read = await source.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return read == HeaderSize || (read == 0 ? false : throw GantryException.Unavailable("unexpected EOF"));
    }

    private static async Task<GantryException> ReadSystemErrorAsync(Stream source, long length, CancellationToken cancellationToken)
    {
        var message = new byte[Math.Min(length, LongestSystemError)];
        var read = await source.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var text = System.Text.Encoding.UTF8.GetString(message, 0, read);
        return GantryException.Internal($"error from daemon in stream: {text}");
    }
}
