using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Errors;

namespace Gantry.Plugins;

/// <summary>Speaks Docker's plugin protocol with one plugin: every question is a POST of JSON.</summary>
public sealed class PluginConnection : IDisposable
{
    private const string UnixScheme = "unix://";
    private const string MediaType = "application/vnd.docker.plugins.v1.1+json";
    private const int MaxAnswer = 16 * 1024 * 1024;

    /// <summary>Pauses between attempts to reach a plugin that is being restarted.</summary>
    private static readonly TimeSpan[] s_pauses = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    private readonly HttpClient _client;

    /// <param name="address"><c>unix:///path</c>, <c>tcp://host:port</c>, or an <c>http://</c> or <c>https://</c> URL of which host and port count.</param>
    /// <param name="timeout">How long one question may take.</param>
    public PluginConnection(string address, TimeSpan timeout)
    {
        var path = address.StartsWith(UnixScheme, StringComparison.Ordinal) ? address[UnixScheme.Length..] : null;
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (path is not null)
        {
            handler.ConnectCallback = async (_, token) => new NetworkStream(await PluginSocket.ConnectAsync(path, token).ConfigureAwait(false), ownsSocket: true);
        }

        var (scheme, host) = path is null && Uri.TryCreate(address, UriKind.Absolute, out var url)
            ? (url.Scheme == Uri.UriSchemeHttps ? "https" : "http", url.Authority)
            : ("http", "plugin");
        _client = new HttpClient(handler) { BaseAddress = new Uri($"{scheme}://{host}/"), Timeout = timeout, MaxResponseContentBufferSize = MaxAnswer };
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <param name="method"><c>VolumeDriver.Create</c> and the like.</param>
    /// <param name="optional">A plugin that doesn't know the question (404) has answered nothing.</param>
    /// <exception cref="GantryException">The plugin can't be reached, or says that it failed; its words.</exception>
    public TAnswer Call<TQuestion, TAnswer>(
        string method, TQuestion question, JsonTypeInfo<TQuestion> asked, JsonTypeInfo<TAnswer> answered, bool optional = false)
        where TAnswer : PluginAnswer, new() =>
        Call(method, JsonSerializer.SerializeToUtf8Bytes(question, asked), answered, optional, isPatient: true);

    /// <summary>Asks something that needs no words.</summary>
    /// <param name="isPatient">Ask again for some seconds where the connection is refused.</param>
    /// <inheritdoc cref="Call{TQuestion, TAnswer}(string, TQuestion, JsonTypeInfo{TQuestion}, JsonTypeInfo{TAnswer}, bool)"/>
    public TAnswer Call<TAnswer>(string method, JsonTypeInfo<TAnswer> answered, bool optional = false, bool isPatient = true)
        where TAnswer : PluginAnswer, new() =>
        Call(method, [], answered, optional, isPatient);

    public void Dispose() => _client.Dispose();

    private TAnswer Call<TAnswer>(string method, byte[] question, JsonTypeInfo<TAnswer> answered, bool optional, bool isPatient)
        where TAnswer : PluginAnswer, new()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return CallOnce(method, question, answered, optional);
            }
            catch (HttpRequestException e) when (isPatient && e.InnerException is SocketException && attempt < s_pauses.Length)
            {
                // It never got the question, so asking again does no harm.
                using var pause = new ManualResetEventSlim();
                pause.Wait(s_pauses[attempt]);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
            {
                throw GantryException.Internal($"Post \"{_client.BaseAddress}{method}\": {e.InnerException?.Message ?? e.Message}", e);
            }
        }
    }

    private TAnswer CallOnce<TAnswer>(string method, byte[] question, JsonTypeInfo<TAnswer> answered, bool optional)
        where TAnswer : PluginAnswer, new()
    {
        using var content = new ByteArrayContent(question);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        using var request = new HttpRequestMessage(HttpMethod.Post, method) { Content = content };
        request.Headers.Accept.ParseAdd(MediaType);
        using var response = _client.Send(request);
        using var stream = response.Content.ReadAsStream();
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        var body = buffer.ToArray();
        if (optional && response.StatusCode == HttpStatusCode.NotFound)
        {
            return new TAnswer();
        }

        var answer = Parse(body, answered, lenient: response.StatusCode != HttpStatusCode.OK);
        if (!string.IsNullOrEmpty(answer.Failure))
        {
            throw GantryException.Internal(response.StatusCode == HttpStatusCode.OK ? answer.Failure : $"{method}: {answer.Failure}");
        }

        return response.StatusCode == HttpStatusCode.OK
            ? answer
            : throw GantryException.Internal($"{method}: {(body.Length > 0 ? System.Text.Encoding.UTF8.GetString(body).Trim() : response.ReasonPhrase)}");
    }

    /// <summary>An empty body is an answer that says nothing; what isn't JSON counts as text where the status tells of a failure.</summary>
    private static TAnswer Parse<TAnswer>(byte[] body, JsonTypeInfo<TAnswer> type, bool lenient)
        where TAnswer : PluginAnswer, new()
    {
        try
        {
            return body.AsSpan().Trim(" \t\r\n"u8).IsEmpty ? new TAnswer() : JsonSerializer.Deserialize(body, type) ?? new TAnswer();
        }
        catch (JsonException) when (lenient)
        {
            return new TAnswer();
        }
    }
}
