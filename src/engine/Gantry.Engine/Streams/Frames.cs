using System.Buffers.Binary;

namespace Gantry.Engine.Streams;

/// <summary>Docker's multiplexed stream: eight bytes (stream, three zeros, big-endian length) before each piece of output.</summary>
public static class Frames
{
    public const byte Stdout = 1;
    public const byte Stderr = 2;
    public const int HeaderSize = 8;

    public static byte[] Wrap(byte stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderSize + payload.Length];
        WriteHeader(frame, stream, payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderSize));
        return frame;
    }

    public static void WriteHeader(Span<byte> destination, byte stream, int length)
    {
        destination[..HeaderSize].Clear();
        destination[0] = stream;
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], length);
    }
}
