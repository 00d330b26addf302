using System.Runtime.CompilerServices;
using System.Text.Json;
using Gantry.Errors;

namespace Gantry.Client.Streams;

/// <summary>JSON values one after another, as pull, push, build, events and stats send them, with or without line ends between.</summary>
public static class JsonStream
{
    /// <summary>Bytes one value may have.</summary>
    public const int MaximumValue = 64 << 20;

    /// <summary>Reads the values; each document is the caller's to dispose.</summary>
    /// <exception cref="GantryException">A value is broken, cut short or too long.</exception>
    public static async IAsyncEnumerable<JsonDocument> ReadAsync(Stream source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        var (start, end) = (0, 0);
        while (true)
        {
            while (TryTake(buffer.AsSpan(start, end - start), out var length, out var document))
            {
                start += length;
                yield return document;
            }

            if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
            }

            if (end == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length < MaximumValue ? buffer.Length * 2 : throw GantryException.DataCorrupt("JSON value too large"));
            }

            var read = await source.ReadAsync(buffer.AsMemory(end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                if (buffer.AsSpan(0, end).IndexOfAnyExcept(" \t\r\n"u8) >= 0)
                {
                    throw GantryException.Unavailable("unexpected EOF");
                }

                yield break;
            }

            end += read;
        }
    }

    private static bool TryTake(ReadOnlySpan<byte> bytes, out int length, out JsonDocument document)
    {
        (length, document) = (0, null!);
        var skipped = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        if (skipped < 0)
        {
            return false;
        }

        var reader = new Utf8JsonReader(bytes[skipped..], isFinalBlock: false, default);
        try
        {
            if (!JsonDocument.TryParseValue(ref reader, out var parsed))
            {
                return false;
            }

            document = parsed;
        }
        catch (JsonException e)
        {
            throw GantryException.DataCorrupt($"invalid JSON from the daemon: {e.Message}", e);
        }

        length = skipped + (int)reader.BytesConsumed;
        return true;
    }
}
