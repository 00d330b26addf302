using Gantry.Client.Transports;

namespace Gantry.Client.Http;

/// <summary>Connections to one engine; idle ones are used again.</summary>
public sealed class HttpPool(ITransport transport, string userAgent) : IDisposable
{
    private const int MaximumIdle = 8;

    private readonly Lock _lock = new();
    private readonly Stack<HttpConnection> _idle = new();
    private bool _disposed;

    public EngineHost Host => transport.Host;

    /// <summary>Sends a request on an idle or a new connection.</summary>
    /// <exception cref="Errors.GantryException">Unavailable: no connection, or it broke; DataCorrupt: the answer is no HTTP.</exception>
    public async Task<HttpResponse> SendAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var connection = TakeIdle()
            ?? new HttpConnection(await transport.ConnectAsync(cancellationToken).ConfigureAwait(false), Host.HeaderValue, userAgent);
        try
        {
            return await connection.SendAsync(request, Done, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_idle.TryPop(out var connection))
            {
                connection.Dispose();
            }
        }
    }

    private HttpConnection? TakeIdle()
    {
        lock (_lock)
        {
            while (_idle.TryPop(out var connection))
            {
                if (!connection.IsStale)
                {
                    return connection;
                }

                connection.Dispose();
            }
        }

        return null;
    }

    private void Done(HttpConnection connection, bool reusable)
    {
        lock (_lock)
        {
            if (reusable && !_disposed && _idle.Count < MaximumIdle)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }
}
