using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Engine.Http.Routing;

/// <summary>Reads JSON request bodies with a size limit and with the texts of Go's decoder.</summary>
internal static class JsonBody
{
    /// <summary>Docker has no limit; nothing in the API comes near this.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>One value and nothing behind it; <c>null</c> is a value with nothing set.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static async Task<T> ReadAsync<T>(Stream body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var json = await ReadAllAsync(body, cancellationToken).ConfigureAwait(false);
        try
        {
            var value = Decode(json, type, out var end);
            return json.Span[end..].Trim(" \t\r\n"u8).IsEmpty ? value : throw GantryException.InvalidArgument("unexpected content after JSON");
        }
        catch (JsonException e)
        {
            var message = e.Message == "EOF" ? "got EOF while reading request body" : e.Message;
            throw GantryException.InvalidArgument("invalid JSON: " + message, e);
        }
    }

    /// <summary>The first value, whatever follows, as the few endpoints read it that use Go's decoder as it stands.</summary>
    /// <exception cref="GantryException">Internal with the decoder's own message.</exception>
    internal static async Task<T> ReadFirstAsync<T>(Stream body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return Decode(await ReadAllAsync(body, cancellationToken).ConfigureAwait(false), type, out _);
        }
        catch (JsonException e)
        {
            throw GantryException.Internal(e.Message);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        while (true)
        {
            var read = await body.ReadAsync(buffer.GetMemory(2048), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > MaxBytes)
            {
                throw GantryException.InvalidArgument("invalid JSON: http: request body too large");
            }
        }
    }

    /// <exception cref="JsonException">With Go's message.</exception>
    private static T Decode<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type, out int end)
    {
        try
        {
            return DecodeFast(json.Span, type, out end);
        }
        catch (JsonException e)
        {
            if (GoJsonSyntax.Error(json.Span, out end) is { } error)
            {
                throw new JsonException(error, e);
            }

            return DecodeRepaired(json[..end], type, e);
        }
    }

    private static T DecodeFast<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, out int end)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = GoJsonSyntax.MaxDepth });
        var value = JsonSerializer.Deserialize(ref reader, type);
        end = (int)reader.BytesConsumed;
        return value ?? type.CreateObject!();
    }

    /// <summary>Go reads bytes that are no UTF-8 as U+FFFD; what still fails then has a wrong type.</summary>
    private static T DecodeRepaired<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type, JsonException failure)
    {
        var repaired = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        try
        {
            if (!repaired.AsSpan().SequenceEqual(json.Span))
            {
                return DecodeFast(repaired, type, out _);
            }
        }
        catch (JsonException e)
        {
            failure = e;
        }

        throw new JsonException(GoJsonTypes.Describe(repaired, type, failure.Path), failure);
    }
}
