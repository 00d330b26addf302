using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Errors;

namespace Gantry.Engine.Http.Routing;

/// <summary>Reads JSON request bodies with a size limit and with texts close to those of Go's decoder.</summary>
internal static class JsonBody
{
    /// <summary>Docker has no limit; nothing in the API comes near this.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Default for an empty or blank body and for <c>null</c>.</summary>
    internal static async Task<T?> ReadAsync<T>(Stream body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        while (true)
        {
            var read = await body.ReadAsync(buffer.GetMemory(2048), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > MaxBytes)
            {
                throw GantryException.InvalidArgument("invalid JSON: http: request body too large");
            }
        }

        return Parse(buffer.WrittenSpan, type);
    }

    private static T? Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        if (json.Trim(" \t\r\n"u8).IsEmpty)
        {
            return default;
        }

        try
        {
            var reader = new Utf8JsonReader(json);
            var value = JsonSerializer.Deserialize(ref reader, type);
            return json[(int)reader.BytesConsumed..].Trim(" \t\r\n"u8).IsEmpty
                ? value
                : throw GantryException.InvalidArgument("unexpected content after JSON");
        }
        catch (JsonException e)
        {
            throw GantryException.InvalidArgument("invalid JSON: " + Explain(json, e), e);
        }
    }

    /// <summary>Tells a body cut short, a syntax error and a value of a wrong type apart, as Go does.</summary>
    private static string Explain(ReadOnlySpan<byte> json, JsonException exception)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            reader.Skip();
        }
        catch (JsonException syntax)
        {
            return IsTruncated(json) ? "unexpected EOF" : "invalid character: " + syntax.Message;
        }

        return $"json: cannot unmarshal value into Go struct field {exception.Path?.TrimStart('$').TrimStart('.')}: {exception.Message}";
    }

    private static bool IsTruncated(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, isFinalBlock: false, default);
            while (reader.Read())
            {
                _ = reader.TokenType;
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
