using System.Text;
using System.Text.Json;
using Gantry.Client.Api;
using Gantry.Client.Http;
using Gantry.Client.Transports;
using Gantry.Errors;

namespace Gantry.Client;

/// <summary>
/// The Engine API. Methods are grouped by resource in partial files; each throws a <see cref="GantryException"/> whose message is what
/// docker prints ("Error response from daemon: ...", "Cannot connect to the Docker daemon at ...").
/// </summary>
public sealed partial class EngineClient : IDisposable
{
    /// <summary>Bytes a JSON answer may have.</summary>
    private const int LargestJson = 256 << 20;

    private const int LargestError = 1 << 20;

    /// <summary>The most memory taken because an answer announced its length.</summary>
    private const int MostAtOnce = 8 << 20;

    private readonly EngineClientOptions _options;
    private readonly HttpPool _pool;
    private Ping? _ping;

    public EngineClient(EngineClientOptions options)
        : this(options, Transport.For(options.Host, options.Tls))
    {
    }

    public EngineClient(EngineClientOptions options, ITransport transport)
    {
        _options = options;
        _pool = new HttpPool(transport, options.UserAgent);
    }

    public EngineHost Host => _options.Host;

    /// <summary>The version in use, once a request was made; before that, the fixed or the newest one.</summary>
    public ApiVersion Version { get; private set; } = ApiVersion.Newest;

    public void Dispose() => _pool.Dispose();

    /// <summary>What the engine says about itself before a version is agreed; asked once.</summary>
    public async Task<Ping> PingAsync(CancellationToken cancellationToken)
    {
        if (_ping is not null)
        {
            return _ping;
        }

        using var response = await SendRawAsync(new HttpRequest("HEAD", Host.BasePathForHttp + "/_ping"), cancellationToken).ConfigureAwait(false);
        var head = response.Head;
        _ = ApiVersion.TryParse(head["Api-Version"], out var version);
        _ping = new Ping(
            version == default ? null : version,
            head["Ostype"] ?? "",
            head["Builder-Version"] ?? "",
            head["Docker-Experimental"] == "true",
            head["Swarm"] ?? "",
            head["Server"] ?? "");
        return _ping;
    }

    /// <summary>Agrees on a version: the fixed one, or the older of the engine's newest and ours.</summary>
    public async Task<ApiVersion> NegotiateAsync(CancellationToken cancellationToken)
    {
        if (_options.Version is { } version)
        {
            return Version = version;
        }

        var ping = await PingAsync(cancellationToken).ConfigureAwait(false);
        var theirs = ping.ApiVersion ?? ApiVersion.Fallback;
        return Version = theirs < ApiVersion.Newest ? theirs : ApiVersion.Newest;
    }

    /// <summary>Fails as docker does where the engine is older than a feature.</summary>
    /// <param name="feature">As in the message, such as <c>"specify gw-priority"</c>.</param>
    public async Task RequireAsync(ApiVersion version, string feature, CancellationToken cancellationToken)
    {
        if (await NegotiateAsync(cancellationToken).ConfigureAwait(false) < version)
        {
            throw GantryException.InvalidArgument($"{feature} requires API version {version}, but the Docker daemon API version is {Version}");
        }
    }

    /// <summary>Sends a request under the agreed version. An error answer becomes an exception.</summary>
    /// <param name="path">From the slash after the version; already escaped.</param>
    internal async Task<HttpResponse> SendAsync(string method, string path, ApiRequest request, CancellationToken cancellationToken)
    {
        await NegotiateAsync(cancellationToken).ConfigureAwait(false);
        var target = $"{Host.BasePathForHttp}/v{Version}{path}{request.Query}";
        var http = new HttpRequest(method, target)
        {
            Body = request.Body,
            BodyWriter = request.BodyWriter,
            ContentType = request.ContentType,
            Upgrade = request.Upgrade,
        };
        foreach (var (name, value) in request.Headers)
        {
            http.With(name, value);
        }

        var response = await SendRawAsync(http, cancellationToken).ConfigureAwait(false);
        if (response.Status is (>= 200 and < 400) or 101)
        {
            return response;
        }

        await using (response.ConfigureAwait(false))
        {
            throw await ErrorAsync(response, target, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a request whose answer has no body that matters.</summary>
    internal async Task<int> CallAsync(string method, string path, ApiRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, request, cancellationToken).ConfigureAwait(false);
        await ReadAllAsync(response, LargestJson, cancellationToken).ConfigureAwait(false);
        return response.Status;
    }

    /// <summary>Sends a request and reads its answer as JSON bytes.</summary>
    internal async Task<ReadOnlyMemory<byte>> GetBytesAsync(string method, string path, ApiRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, request, cancellationToken).ConfigureAwait(false);
        return await ReadAllAsync(response, LargestJson, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request and reads its answer as a JSON document, the caller's to dispose.</summary>
    internal async Task<JsonDocument> GetJsonAsync(string method, string path, ApiRequest request, CancellationToken cancellationToken)
    {
        var bytes = await GetBytesAsync(method, path, request, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            throw GantryException.DataCorrupt($"invalid JSON from the daemon: {e.Message}", e);
        }
    }

    internal static string Escape(string segment) => Uri.EscapeDataString(segment);

    private Task<HttpResponse> SendRawAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        foreach (var (name, value) in _options.Headers)
        {
            request.With(name, value);
        }

        return _pool.SendAsync(request, cancellationToken);
    }

    internal static async Task<ReadOnlyMemory<byte>> ReadAllAsync(HttpResponse response, int limit, CancellationToken cancellationToken)
    {
        // One byte more than announced, so that the end is found without growing.
        var announced = Math.Clamp(response.Head.ContentLength() ?? 0, 4096 - 1, Math.Min(limit, MostAtOnce));
        var buffer = GC.AllocateUninitializedArray<byte>((int)announced + 1);
        var length = 0;
        while (true)
        {
            var read = await response.Body.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
            if (length > limit)
            {
                throw GantryException.DataCorrupt($"the daemon's answer is larger than {limit} bytes");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static async Task<GantryException> ErrorAsync(HttpResponse response, string target, CancellationToken cancellationToken)
    {
        var body = await ReadAllAsync(response, LargestError, cancellationToken).ConfigureAwait(false);
        if (body.Length == 0)
        {
            return new GantryException(
                Kind(response.Status),
                $"request returned {response.Head.Reason} for API route and version {target}, check if the server supports the requested API version");
        }

        var isJson = response.Head["Content-Type"]?.StartsWith("application/json", StringComparison.Ordinal) == true;
        var message = isJson ? JsonMessage(body, response) : Encoding.UTF8.GetString(body.Span);
        return new GantryException(Kind(response.Status), "Error response from daemon: " + message.Trim());
    }

    private static string JsonMessage(ReadOnlyMemory<byte> body, HttpResponse response)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var message = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out var value)
                ? value.GetString()
                : null;
            return string.IsNullOrEmpty(message)
                ? $"API returned a {response.Status} ({response.Head.Reason}) but provided no error-message"
                : message;
        }
        catch (JsonException e)
        {
            return $"Error reading JSON: {e.Message}";
        }
    }

    private static ErrorKind Kind(int status) => status switch
    {
        400 => ErrorKind.InvalidArgument,
        401 => ErrorKind.Unauthorized,
        403 => ErrorKind.Forbidden,
        404 => ErrorKind.NotFound,
        409 => ErrorKind.Conflict,
        501 => ErrorKind.NotImplemented,
        503 => ErrorKind.Unavailable,
        504 => ErrorKind.DeadlineExceeded,
        _ => ErrorKind.Internal,
    };
}

/// <summary>The answer to /_ping.</summary>
/// <param name="ApiVersion">The engine's newest; null where it does not say.</param>
/// <param name="BuilderVersion">"1" for the classic builder, "2" for BuildKit.</param>
public sealed record Ping(ApiVersion? ApiVersion, string OperatingSystem, string BuilderVersion, bool Experimental, string Swarm, string Server);

/// <summary>Everything of a request but its method and path.</summary>
internal sealed record ApiRequest
{
    public static ApiRequest Empty { get; } = new();

    public Query? Query { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    public Func<Stream, CancellationToken, Task>? BodyWriter { get; init; }

    public string? ContentType { get; init; }

    public bool Upgrade { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}
