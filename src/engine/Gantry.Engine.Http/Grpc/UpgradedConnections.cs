using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Gantry.Engine.Http.Grpc;

/// <summary>
/// The listener of connections that a client has turned into HTTP/2: handed over in process, never dialled. Kestrel serves them with the same application
/// as its sockets (docs/design/buildkit.md).
/// </summary>
internal sealed class UpgradedConnections : IConnectionListener
{
    private readonly Channel<ConnectionContext> _arriving = Channel.CreateUnbounded<ConnectionContext>();

    public EndPoint EndPoint { get; } = new UpgradedEndPoint();

    /// <summary>Has a connection served; returns when it has ended.</summary>
    internal async Task ServeAsync(UpgradedConnection connection)
    {
        if (_arriving.Writer.TryWrite(connection))
        {
            await connection.Ended.ConfigureAwait(false);
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _arriving.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _arriving.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    private sealed class UpgradedEndPoint : EndPoint
    {
        public override string ToString() => "upgraded connections";
    }
}

/// <summary>Sockets for all endpoints but the one of upgraded connections.</summary>
internal sealed class TransportFactory(IConnectionListenerFactory sockets, UpgradedConnections upgraded) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ReferenceEquals(endpoint, upgraded.EndPoint) ? ValueTask.FromResult<IConnectionListener>(upgraded) : sockets.BindAsync(endpoint, cancellationToken);
}
