using System.Buffers.Binary;
using Gantry.Errors;

namespace Gantry.IO.Grpc;

/// <summary>Messages in a gRPC body: a byte that says whether it is compressed, the length in four, the message (grpc, PROTOCOL-HTTP2.md).</summary>
public static class GrpcFrames
{
    /// <summary>Media type of bodies.</summary>
    public const string ContentType = "application/grpc";

    /// <summary>Bytes of a message that are taken at most; BuildKit's own clients and engine take 16 MiB.</summary>
    public const int MaxMessage = 16 << 20;

    private const int HeaderLength = 5;

    /// <summary>The next message, or null at the end of the body.</summary>
    /// <exception cref="GantryException">InvalidArgument, NotImplemented or ResourceExhausted: no message that is taken.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        var read = await body.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        if (read < HeaderLength)
        {
            throw Cut();
        }

        if (header[0] != 0)
        {
            throw GantryException.NotImplemented("grpc: Decompressor is not installed for grpc-encoding");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        if (length > MaxMessage)
        {
            throw new GantryException(ErrorKind.ResourceExhausted, $"grpc: received message larger than max ({length} vs. {MaxMessage})");
        }

        return await ReadMessageAsync(body, (int)length, cancellationToken).ConfigureAwait(false);
    }

    public static async ValueTask WriteAsync(Stream body, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var framed = new byte[HeaderLength + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), (uint)message.Length);
        message.Span.CopyTo(framed.AsSpan(HeaderLength));
        await body.WriteAsync(framed, cancellationToken).ConfigureAwait(false);
        await body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The buffer grows with what really comes: a length alone takes no memory.</summary>
    private static async ValueTask<ReadOnlyMemory<byte>> ReadMessageAsync(Stream body, int length, CancellationToken cancellationToken)
    {
        const int FirstPiece = 1 << 16;
        var message = new byte[Math.Min(length, FirstPiece)];
        for (var filled = 0; ;)
        {
            var n = await body.ReadAtLeastAsync(message.AsMemory(filled), message.Length - filled, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (n < message.Length - filled)
            {
                throw Cut();
            }

            filled = message.Length;
            if (filled == length)
            {
                return message;
            }

            Array.Resize(ref message, (int)Math.Min(length, 2L * filled));
        }
    }

    private static GantryException Cut() => GantryException.InvalidArgument("grpc: a message is cut short");
}
