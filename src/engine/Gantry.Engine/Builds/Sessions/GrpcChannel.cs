using System.Net;
using System.Net.Http.Headers;
using Gantry.Errors;
using Gantry.IO.Streams;

namespace Gantry.Engine.Builds.Sessions;

/// <summary>
/// Calls gRPC methods of a peer at the other end of one connection that is there already. When the connection ends the channel is of no more use.
/// Disposing closes the connection.
/// </summary>
internal sealed class GrpcChannel : IDisposable
{
    private static readonly Uri s_base = new("http://localhost/");
    private readonly HttpMessageInvoker _http;
    private readonly HeaderAppendingStream _connection;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private int _connections;

    /// <param name="connection">Becomes the channel's.</param>
    internal GrpcChannel(Stream connection)
    {
        _connection = new HeaderAppendingStream(connection);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(60),
            InitialHttp2StreamWindowSize = 1 << 20,
            ConnectCallback = (_, _) => Interlocked.Increment(ref _connections) == 1
                ? ValueTask.FromResult<Stream>(_connection) : ValueTask.FromException<Stream>(new IOException("the client of the build has gone")),
        });
    }

    /// <summary>A call with one message each way.</summary>
    /// <param name="method"><c>/service/method</c>.</param>
    /// <exception cref="GantryException">Of the kind its status says.</exception>
    internal async Task<ReadOnlyMemory<byte>> CallAsync(string method, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        var call = Open(method, [], cancellationToken);
        await using (call.ConfigureAwait(false))
        {
            await call.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            await call.EndAsync(cancellationToken).ConfigureAwait(false);
            var answer = await call.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw GantryException.Internal($"{method}: no answer");
            return await call.ReadAsync(cancellationToken).ConfigureAwait(false) is null ? answer : throw GantryException.Internal($"{method}: more than one answer");
        }
    }

    /// <summary>Begins a call with any number of messages each way.</summary>
    internal IMessageStream Open(string method, IEnumerable<KeyValuePair<string, string>> metadata, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(s_base, method)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        var fields = metadata.ToList();
        return new GrpcClientCall(request, token => SendAsync(request, fields, token), cancellationToken);
    }

    public void Dispose()
    {
        _http.Dispose();
        _connection.Dispose();
        _opening.Dispose();
    }

    /// <summary>Header blocks go out one after the other, each with its own fields.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, List<KeyValuePair<string, string>> fields, CancellationToken cancellationToken)
    {
        Task<HttpResponseMessage> response;
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var written = _connection.Append(fields);
            response = _http.SendAsync(request, cancellationToken);
            await Task.WhenAny(written, response).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }

        return await response.ConfigureAwait(false);
    }
}
