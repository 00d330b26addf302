using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;
using Gantry.Oci;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Json;

namespace Gantry.RegistryServer.Monitoring;

/// <summary>
/// Tells another server of pushes, pulls and deletes of manifests, in the envelope of Docker's registry (notifications). Events go out one after
/// the other in the background; what can't be delivered after a few tries, or comes faster than it goes, is dropped and logged: a registry
/// does not wait for its listeners.
/// </summary>
internal sealed class Webhook : IAsyncDisposable
{
    private const int Attempts = 5;
    private const int MaxWaiting = 1000;
    private readonly Uri _target;
    private readonly TimeSpan _retry;
    private readonly Action<string>? _log;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<WebhookEvent> _waiting = Channel.CreateBounded<WebhookEvent>(MaxWaiting);
    private readonly Task _worker;

    internal Webhook(Uri target, TimeSpan retry, Action<string>? log)
    {
        _target = target;
        _retry = retry;
        _log = log;
        _worker = Task.Run(WorkAsync);
    }

    internal void Tell(RegistryContext context, string action, string mediaType, Digest digest, long size, string? tag)
    {
        var told = new WebhookEvent
        {
            Id = Guid.NewGuid().ToString(),
            Timestamp = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            Action = action,
            Target = new WebhookTarget(mediaType, size, digest.ToString(), size, context.Repository.Value, $"{context.Request.Scheme}://{context.Request.Host.Value}/v2/{context.Repository}/manifests/{digest}", tag),
            Request = new WebhookRequest(
                Guid.NewGuid().ToString(), context.Http.Connection.RemoteIpAddress?.ToString() ?? string.Empty, context.Request.Host.Value ?? string.Empty, context.Method,
                context.Request.Headers.UserAgent.ToString()),
            Actor = new WebhookActor(Auth.RequestAccess.Of(context.Http).User),
        };
        if (!_waiting.Writer.TryWrite(told))
        {
            _log?.Invoke($"webhook {_target}: {action} of {context.Repository} dropped, {MaxWaiting} are waiting");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.Complete();
        _stop.CancelAfter(TimeSpan.FromSeconds(2));
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _http.Dispose();
    }

    private async Task WorkAsync()
    {
        await foreach (var told in _waiting.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
        {
            await DeliverAsync(told).ConfigureAwait(false);
        }
    }

    private async Task DeliverAsync(WebhookEvent told)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new WebhookEnvelope([told]), RegistryJson.Default.WebhookEnvelope);
        for (var attempt = 1; ; attempt++)
        {
            var problem = await TryAsync(body).ConfigureAwait(false);
            if (problem is null)
            {
                return;
            }

            if (attempt == Attempts)
            {
                _log?.Invoke($"webhook {_target}: {told.Action} of {told.Target?.Repository} dropped: {problem}");
                return;
            }

            await Task.Delay(_retry * Math.Pow(2, attempt - 1), _stop.Token).ConfigureAwait(false);
        }
    }

    private async Task<string?> TryAsync(byte[] body)
    {
        try
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/vnd.docker.distribution.events.v1+json") } };
            using var response = await _http.PostAsync(_target, content, _stop.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? null : $"{(int)response.StatusCode} {response.ReasonPhrase}";
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !_stop.IsCancellationRequested)
        {
            return exception.Message;
        }
    }
}
