using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;
using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Streams;

/// <summary>
/// Docker's progress stream: one JSON message a line, sent as they come. Messages may be given from any thread; what a slow client has not
/// taken yet waits in memory. A failure before the first message is an ordinary HTTP error, a later one the stream's last message.
/// </summary>
internal sealed class MessageStream(HttpContext context)
{
    private readonly Channel<JsonMessage> _messages = Channel.CreateUnbounded<JsonMessage>(new UnboundedChannelOptions { SingleReader = true });
    private int _started;

    internal void Send(JsonMessage message)
    {
        Interlocked.Exchange(ref _started, 1);
        _messages.Writer.TryWrite(message);
    }

    /// <summary>Runs the work and sends what it says until both are done.</summary>
    /// <param name="codeOf">The exit code that goes into <c>errorDetail</c>, for failures that have one.</param>
    internal async Task RunAsync(Func<Task> work, Func<Exception, int?>? codeOf = null)
    {
        var running = Task.Run(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception e) when (_started == 1 && e is GantryException or IOException && e is not OperationCanceledException)
            {
                Send(new JsonMessage { ErrorDetail = new JsonError { Code = codeOf?.Invoke(e), Message = e.Message }, Error = e.Message });
            }
            finally
            {
                _messages.Writer.TryComplete();
            }
        });
        await WriteAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        while (await _messages.Reader.WaitToReadAsync(context.RequestAborted).ConfigureAwait(false))
        {
            if (!context.Response.HasStarted)
            {
                context.Response.ContentType = Responses.Json;
            }

            while (_messages.Reader.TryRead(out var message))
            {
                using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
                JsonSerializer.Serialize(writer, message, ApiJson.Default.JsonMessage);
                writer.Flush();
                buffer.Write("\r\n"u8);
            }

            await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
            buffer.ResetWrittenCount();
        }
    }
}
