using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Gantry.Errors;
using Gantry.IO.Grpc;
using Gantry.IO.Streams;

namespace Gantry.Engine.Builds.Sessions;

/// <summary>One call on a <see cref="GrpcChannel"/>. The peer may answer before, while or only after it is written to.</summary>
internal sealed class GrpcClientCall : IMessageStream
{
    private readonly CancellationTokenSource _cancellation;
    private readonly RequestBody _body = new();
    private readonly HttpRequestMessage _request;
    private readonly Task<HttpResponseMessage> _response;
    private Stream? _answers;
    private bool _ended;

    internal GrpcClientCall(HttpRequestMessage request, Func<CancellationToken, Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _request = request;
        request.Content = _body;
        _response = send(_cancellation.Token);
    }

    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var response = await _response.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw GantryException.Unavailable($"unexpected HTTP status code received from the build's client: {(int)response.StatusCode}");
            }

            _answers ??= await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            if (await GrpcFrames.ReadAsync(_answers, cancellationToken).ConfigureAwait(false) is { } message)
            {
                return message;
            }

            Check(response);
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
        {
            throw Gone(e);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await RequestStreamAsync(cancellationToken).ConfigureAwait(false);
            await GrpcFrames.WriteAsync(stream, message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // A peer that ends the call says why in its answer.
            while (await ReadAsync(cancellationToken).ConfigureAwait(false) is not null)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            throw Gone(e);
        }
    }

    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (!_ended)
        {
            await RequestStreamAsync(cancellationToken).ConfigureAwait(false);
            _ended = true;
            _body.End();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _body.End();
        await _cancellation.CancelAsync().ConfigureAwait(false);
        await _response.ContinueWith(
            static t =>
            {
                if (t.IsCompletedSuccessfully)
                {
                    t.Result.Dispose();
                }
                else
                {
                    _ = t.Exception;
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        _request.Dispose();
        _cancellation.Dispose();
    }

    /// <summary>Throws what the trailers say; a response without messages has them as headers.</summary>
    private static void Check(HttpResponseMessage response)
    {
        var text = Value(response.TrailingHeaders, "grpc-status") ?? Value(response.Headers, "grpc-status");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            throw GantryException.Unavailable("the build's client ended a call without a status");
        }

        if (code != (int)GrpcStatus.Ok)
        {
            var message = Value(response.TrailingHeaders, "grpc-message") ?? Value(response.Headers, "grpc-message") ?? string.Empty;
            throw new GantryException(GrpcStatusMap.Kind((GrpcStatus)code), Uri.UnescapeDataString(message));
        }
    }

    private static string? Value(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static GantryException Gone(Exception e) => GantryException.Unavailable("the client of the build has gone", e);

    private async Task<Stream> RequestStreamAsync(CancellationToken cancellationToken)
    {
        var first = await Task.WhenAny(_body.Opened, _response).WaitAsync(cancellationToken).ConfigureAwait(false);
        return first == _response && !_body.Opened.IsCompleted && await _response.ConfigureAwait(false) is { } early
            ? throw new IOException($"the call ended before its request: {early.StatusCode}") : await _body.Opened.ConfigureAwait(false);
    }

    /// <summary>A request body that is written to as long as the call lasts.</summary>
    private sealed class RequestBody : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal RequestBody() => Headers.ContentType = new MediaTypeHeaderValue(GrpcFrames.ContentType);

        internal Task<Stream> Opened => _opened.Task;

        internal void End() => _end.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            // The head goes out at once, whenever the first message follows.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            _opened.TrySetResult(stream);
            await _end.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
