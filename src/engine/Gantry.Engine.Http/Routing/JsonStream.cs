using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Api;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Routing;

/// <summary>A response of JSON values, one a line, sent as they come.</summary>
internal sealed class JsonStream : IDisposable
{
    private readonly HttpContext _context;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    internal JsonStream(HttpContext context) => _context = context;

    /// <summary>Sends the head of the response, so that the client knows it was understood.</summary>
    internal async Task BeginAsync()
    {
        _context.Response.ContentType = Responses.Json;
        await _context.Response.StartAsync(_context.RequestAborted).ConfigureAwait(false);
        await _context.Response.BodyWriter.FlushAsync(_context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes one value. May be called from several threads.</summary>
    internal Task WriteAsync<T>(T value, JsonTypeInfo<T> type) => WriteAsync(writer => JsonSerializer.Serialize(writer, value, type));

    /// <summary>As <see cref="WriteAsync{T}(T, JsonTypeInfo{T})"/>, for what is written often: past the serializer, with a type's generated writer.</summary>
    internal async Task WriteAsync(Action<Utf8JsonWriter> write)
    {
        await _turn.WaitAsync(_context.RequestAborted).ConfigureAwait(false);
        try
        {
            _buffer.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                write(writer);
            }

            _buffer.Write("\r\n"u8);
            _context.Response.ContentType ??= Responses.Json;
            await _context.Response.BodyWriter.WriteAsync(_buffer.WrittenMemory, _context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    internal Task WriteAsync(JsonMessage message) => WriteAsync(message, ApiJson.Default.JsonMessage);

    /// <summary>A failure after the stream has begun: its last line.</summary>
    internal Task WriteErrorAsync(string message, int? code = null) => WriteAsync(new JsonMessage
    {
        ErrorDetail = new JsonError { Code = code, Message = message },
        Error = message,
    });

    public void Dispose() => _turn.Dispose();
}
