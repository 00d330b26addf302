using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gantry.Engine.Daemon;
using Gantry.Engine.Diagnostics;
using Gantry.Engine.Http.Authorization;
using Gantry.Engine.Http.Grpc;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Plugins;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Gantry.Engine.Http.Hosting;

/// <summary>
/// Serves the Engine API. Kestrel is driven directly, without host, container or middleware pipeline: one request means one router
/// look-up, and the engine answers within milliseconds of its start (docs/design/http-server.md).
/// </summary>
public sealed class EngineServer : IAsyncDisposable
{
    private const int Backlog = 512;
    private const int MaxLine = 256 * 1024;
    private const int MaxHeaders = 1024 * 1024;

    /// <summary>A client that builds many things at once keeps two calls open for each.</summary>
    private const int MaxCalls = 1000;
    private readonly EngineServerOptions _options;
    private readonly EngineLog _log;
    private readonly MemoryRest _memory;
    private readonly HangUpWatch _hangUps;
    private readonly UpgradedConnections _upgraded = new();
    private readonly AuthorizationGate _gate;
    private readonly ApiApplication _application;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly List<string> _socketPaths = [];
    private readonly Dictionary<string, Socket> _early = [];
    private KestrelServer? _server;

    public EngineServer(EngineServerOptions options, EngineHost engine, EngineLog log)
    {
        _options = options;
        _log = log;
        _hangUps = new HangUpWatch(log);
        _tls = options.Tls?.Load();
        SocketActivation.KeepFromChildren();
        _memory = new MemoryRest(() =>
        {
            engine.Networks.Rest();
            BlockPool.Shared.Trim();
        });
        _gate = new AuthorizationGate(engine, PluginDirectories.Default with { Managed = engine.ManagedPlugins }, log);
        _application = new ApiApplication(ApiRoutes.Build(_upgraded), new GrpcServer(ApiRoutes.Methods(), engine, log), engine, _gate, _memory, log);
    }

    /// <summary>Finds out whether requests could be put before these authorization plugins.</summary>
    /// <exception cref="GantryException">One is not there, or no plugin of this kind.</exception>
    public void CheckAuthorization(IReadOnlyList<string> plugins)
    {
        _gate.Check(plugins);
        _gate.TakeAll();
    }

    /// <summary>
    /// Makes the unix sockets, as containers may have them as mounts that start before clients are served. Who connects waits until
    /// <see cref="StartAsync"/>.
    /// </summary>
    /// <exception cref="GantryException">Conflict: another engine serves there.</exception>
    public void Open()
    {
        foreach (var listener in _options.Listeners.Where(l => l.Kind == ListenKind.Unix))
        {
            var socket = UnixListener.Bind(listener.Path, _options.SocketGroupId);
            _socketPaths.Add(listener.Path);
            _early[listener.Path] = socket;
            socket.Listen(Backlog);
        }
    }

    /// <summary>Binds every listener; returns when clients are served.</summary>
    /// <exception cref="GantryException">Conflict or InvalidArgument: an address can't be listened on; NotFound: an authorization plugin is not there.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _gate.CheckAsync(cancellationToken).ConfigureAwait(false);
        var loggers = new KestrelLoggerFactory(_log);
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = new SingleService(loggers) };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestLineSize = MaxLine;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaders;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = MaxCalls;
        foreach (var listener in _options.Listeners)
        {
            await AddAsync(kestrel, listener, cancellationToken).ConfigureAwait(false);
        }

        kestrel.Listen(_upgraded.EndPoint, o => o.Protocols = HttpProtocols.Http2);
        var transport = new SocketTransportOptions { CreateBoundListenSocket = Bind };
        ConnectionMemory.Use(transport);
        var sockets = new SocketTransportFactory(Options.Create(transport), loggers);
        _server = new KestrelServer(Options.Create(kestrel), new TransportFactory(sockets, _upgraded), loggers);
        try
        {
            await _server.StartAsync(_application, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw GantryException.InvalidArgument($"failed to load listeners: {e.Message}", e);
        }

        foreach (var listener in _options.Listeners)
        {
            _log.Info($"API listen on {listener}");
        }
    }

    /// <summary>Stops accepting, gives requests in flight until the token fires, removes the socket files.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            await _server.StopAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (var path in _socketPaths)
        {
            File.Delete(path);
        }

        _socketPaths.Clear();
    }

    public ValueTask DisposeAsync()
    {
        _server?.Dispose();
        foreach (var socket in _early.Values)
        {
            socket.Dispose();
        }

        _gate.Dispose();
        _memory.Dispose();
        _hangUps.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AddAsync(KestrelServerOptions kestrel, ListenAddress listener, CancellationToken cancellationToken)
    {
        switch (listener.Kind)
        {
            case ListenKind.Unix:
                kestrel.ListenUnixSocket(listener.Path, o => Configure(o, tls: false));
                break;
            case ListenKind.Activated:
                foreach (var descriptor in SocketActivation.Descriptors(listener.Path))
                {
                    kestrel.ListenHandle(descriptor, o => Configure(o, tls: SocketActivation.IsTcp(descriptor)));
                }

                break;
            default:
                foreach (var address in await ResolveAsync(listener.Host, cancellationToken).ConfigureAwait(false))
                {
                    kestrel.Listen(address, listener.Port, o => Configure(o, tls: true));
                }

                break;
        }
    }

    private void Configure(ListenOptions options, bool tls)
    {
        options.Protocols = HttpProtocols.Http1;
        if (tls && _tls is not null)
        {
            options.Use(next => connection => SecureAsync(connection, _tls, next));
        }

        options.Use(next => async connection =>
        {
            var hijackable = new HijackableConnection(connection, _hangUps);
            await using (hijackable.ConfigureAwait(false))
            {
                await next(hijackable).ConfigureAwait(false);
            }
        });
    }

    private async Task SecureAsync(ConnectionContext connection, SslServerAuthenticationOptions options, ConnectionDelegate next)
    {
        var secure = await TlsConnection.AcceptAsync(
            connection, options, why => _log.Debug("TLS handshake failed", ("remote", connection.RemoteEndPoint), ("error", why))).ConfigureAwait(false);
        if (secure is not null)
        {
            await using (secure.ConfigureAwait(false))
            {
                await next(secure).ConfigureAwait(false);
            }
        }
    }

    private static async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (host.Length == 0)
        {
            return [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any];
        }

        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
            return addresses.Where(a => a.AddressFamily != AddressFamily.InterNetworkV6 || Socket.OSSupportsIPv6).ToList();
        }
        catch (SocketException e)
        {
            throw GantryException.InvalidArgument($"failed to load listeners: lookup {host}: {e.Message}", e);
        }
    }

    private Socket Bind(EndPoint endpoint)
    {
        if (endpoint is not UnixDomainSocketEndPoint unix)
        {
            return BindTcp(endpoint);
        }

        var path = unix.ToString()!;
        if (_early.Remove(path, out var early))
        {
            return early;
        }

        var socket = UnixListener.Bind(path, _options.SocketGroupId);
        _socketPaths.Add(path);
        return socket;
    }

    private static Socket BindTcp(EndPoint endpoint)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException e)
        {
            var why = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "address already in use",
                SocketError.AddressNotAvailable => "cannot assign requested address",
                SocketError.AccessDenied => "permission denied",
                _ => e.Message,
            };
            throw GantryException.Conflict($"failed to load listeners: listen tcp {endpoint}: bind: {why}", e);
        }
    }
}
