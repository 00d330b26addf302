using System.Buffers.Binary;

namespace Gantry.Runtime;

/// <summary>Takes the Engine API's multiplexed format apart (API documentation, "Stream format" of container attach).</summary>
public static class StreamFrames
{
    private const int HeaderSize = 8;

    /// <summary>
    /// Reads to the end, calling back for each piece of payload with its stream, 1 or 2. Pieces follow the reads, not the frames; the memory is
    /// valid during the call.
    /// </summary>
    public static async Task ReadAsync(
        Stream source, Func<int, ReadOnlyMemory<byte>, ValueTask> onPayload, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(onPayload);
        var header = new byte[HeaderSize];
        var payload = new byte[32 * 1024];
        while (await source.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) == HeaderSize)
        {
            var left = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
            while (left > 0)
            {
                var n = await source.ReadAsync(payload.AsMemory(0, (int)Math.Min(left, payload.Length)), cancellationToken).ConfigureAwait(false);
                if (n == 0)
                {
                    throw new EndOfStreamException("the stream ended within a frame");
                }

                await onPayload(header[0], payload.AsMemory(0, n)).ConfigureAwait(false);
                left -= (uint)n;
            }
        }
    }
}
