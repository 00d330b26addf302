using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gantry.Client.Api;

/// <summary>Makes request bodies with the generated writers of the API types.</summary>
internal static class JsonBody
{
    public const string ContentType = "application/json";

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ApiRequest Of(Action<Utf8JsonWriter> write, Query? query = null) =>
        new() { Body = Bytes(write), ContentType = ContentType, Query = query };

    public static ReadOnlyMemory<byte> Bytes(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            write(json);
        }

        return buffer.WrittenMemory;
    }
}
