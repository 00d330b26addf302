using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Gantry.Linux;

/// <summary>
/// File names are bytes to the kernel and strings to us. A byte that isn't part of valid UTF-8 becomes a lone surrogate U+DC80..U+DCFF (the
/// scheme Python calls surrogateescape), so every name survives the way to a string and back.
/// </summary>
public static class LinuxPath
{
    private const char EscapeBase = '\uDC00';

    public static string Decode(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : DecodeEscaped(bytes);

    /// <summary>Bytes needed at most for <see cref="Encode(ReadOnlySpan{char}, Span{byte})"/>.</summary>
    public static int MaxByteCount(int chars) => chars * 3;

    /// <summary>Encodes and returns the number of bytes; the destination must have <see cref="MaxByteCount"/> bytes.</summary>
    public static int Encode(ReadOnlySpan<char> path, Span<byte> destination)
    {
        if (Ascii.FromUtf16(path, destination, out var written) == OperationStatus.Done)
        {
            return written;
        }

        var length = 0;
        while (!path.IsEmpty)
        {
            if (Utf8.FromUtf16(path, destination[length..], out var read, out written, replaceInvalidSequences: false) == OperationStatus.Done)
            {
                return length + written;
            }

            length += written;
            var invalid = path[read];
            length += invalid is >= '\uDC80' and <= '\uDCFF'
                ? WriteByte(destination[length..], (byte)(invalid - EscapeBase))
                : WriteReplacement(destination[length..]);
            path = path[(read + 1)..];
        }

        return length;
    }

    public static byte[] Encode(string path)
    {
        var rented = ArrayPool<byte>.Shared.Rent(MaxByteCount(path.Length));
        try
        {
            return rented[..Encode(path, rented)];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static string DecodeEscaped(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> pair = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == OperationStatus.Done)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            }
            else
            {
                consumed = 1;
                text.Append((char)(EscapeBase + bytes[0]));
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    private static int WriteByte(Span<byte> destination, byte value)
    {
        destination[0] = value;
        return 1;
    }

    private static int WriteReplacement(Span<byte> destination)
    {
        "\uFFFD"u8.CopyTo(destination);
        return 3;
    }
}
