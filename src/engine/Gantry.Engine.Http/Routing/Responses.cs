using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gantry.Api;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Routing;

/// <summary>Headers and bodies as Docker's server writes them.</summary>
internal static class Responses
{
    internal const string Json = "application/json";
    private static readonly string s_server = $"Gantry/{EngineVersion.Text} (linux)";

    internal static void SetCommonHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["Api-Version"] = ApiVersion.Current.ToString();
        headers["Ostype"] = "linux";
        headers.Server = s_server;
    }

    /// <summary>Writes a value and a newline with a known length.</summary>
    internal static Task WriteJsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        WriteAsync(context, writer => JsonSerializer.Serialize(writer, value, type), status);

    /// <inheritdoc cref="WriteJsonAsync"/>
    internal static Task WriteNodeAsync(HttpContext context, JsonNode value) => WriteAsync(context, writer => value.WriteTo(writer), StatusCodes.Status200OK);

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write, int status)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = Json;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        buffer.Write("\n"u8);
        response.ContentLength = buffer.WrittenCount;
        await response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    internal static Task WriteErrorAsync(HttpContext context, int status, string message)
    {
        if (status == StatusCodes.Status304NotModified)
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }

        return WriteJsonAsync(context, new ErrorResponse { Message = message }, ApiJson.Default.ErrorResponse, status);
    }

    /// <summary>An error as a line of text.</summary>
    internal static Task WriteTextErrorAsync(HttpContext context, int status, string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message + "\n");
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
