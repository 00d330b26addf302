using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Gantry.EndToEnd.Tests.Build;

/// <summary>A client on the raw connection: HTTP/1 that turns into HTTP/2, and gRPC's frames by hand.</summary>
internal sealed class UpgradedClient : IDisposable
{
    private static readonly byte[] s_noMessage = [0, 0, 0, 0, 0];
    private readonly HttpMessageInvoker _http;

    private UpgradedClient(Stream connection) => _http = new HttpMessageInvoker(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = (_, _) => ValueTask.FromResult(connection),
    });

    /// <summary>The answer's head, and the connection when it was 101.</summary>
    internal static async Task<(string Head, NetworkStream Connection)> UpgradeAsync(string socket, string path, params string[] headers)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket));
        var stream = new NetworkStream(connection, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: engine\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n"));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        return (head.ToString(), stream);
    }

    internal static async Task<UpgradedClient> OpenAsync(string socket)
    {
        var (head, connection) = await UpgradeAsync(socket, "/grpc", "Connection: Upgrade", "Upgrade: h2c");
        Assert.StartsWith("HTTP/1.1 101 Switching Protocols\r\n", head, StringComparison.Ordinal);
        return new UpgradedClient(connection);
    }

    /// <summary>A call with one frame; the answer's bytes and its status.</summary>
    internal async Task<(byte[] Body, string Status, string Message)> CallAsync(string method, byte[]? frame = null, string type = "application/grpc")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost" + method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame ?? s_noMessage),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var response = await _http.SendAsync(request, limit.Token);
        var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
        return response.StatusCode == HttpStatusCode.OK ? (body, Trailer(response, "grpc-status"), Trailer(response, "grpc-message")) : (body, response.StatusCode.ToString(), string.Empty);
    }

    public void Dispose() => _http.Dispose();

    private static string Trailer(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : string.Empty;
}
