using System.Net;
using System.Net.Sockets;
using System.Text;
using Gantry.Engine.Diagnostics;
using Gantry.Errors;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Gantry.Engine.Http.Hosting;

/// <summary>Serves the engine's figures at <c>/metrics</c> of an address of its own (<c>--metrics-addr</c>, and plugins' socket), and nothing else.</summary>
/// <param name="address"><c>HOST:PORT</c>; an empty host is every interface. Or <c>unix:///PATH</c>, where what is there makes room.</param>
public sealed class MetricsServer(string address, EngineHost engine, EngineLog log) : IAsyncDisposable
{
    private const string UnixScheme = "unix://";

    private KestrelServer? _server;

    /// <exception cref="GantryException">InvalidArgument in dockerd's words: not an address, or it can't be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        EndPoint endpoint = address.StartsWith(UnixScheme, StringComparison.Ordinal)
            ? Cleared(address[UnixScheme.Length..])
            : await ParseAsync(address, cancellationToken).ConfigureAwait(false);
        var loggers = new KestrelLoggerFactory(log);
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = new SingleService(loggers) };
        kestrel.Listen(endpoint, o => o.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers), loggers);
        try
        {
            await _server.StartAsync(new Application(engine), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw GantryException.InvalidArgument($"failed to start metrics server: listen tcp {address}: {e.Message}", e);
        }

        log.Info("metrics API listening on " + address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await _server.StopAsync(patience.Token).ConfigureAwait(false);
            _server.Dispose();
        }
    }

    private static UnixDomainSocketEndPoint Cleared(string path)
    {
        File.Delete(path);
        return new UnixDomainSocketEndPoint(path);
    }

    private static async Task<IPEndPoint> ParseAsync(string address, CancellationToken cancellationToken)
    {
        var colon = address.LastIndexOf(':');
        if (colon < 0)
        {
            throw GantryException.InvalidArgument($"failed to start metrics server: listen tcp: address {address}: missing port in address");
        }

        if (!ushort.TryParse(address.AsSpan(colon + 1), out var port))
        {
            throw GantryException.InvalidArgument($"failed to start metrics server: listen tcp: lookup tcp/{address[(colon + 1)..]}: unknown port");
        }

        var host = address[..colon].Trim('[', ']');
        if (host.Length == 0)
        {
            return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
        }

        try
        {
            var found = IPAddress.TryParse(host, out var literal) ? literal : (await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false))[0];
            return new IPEndPoint(found, port);
        }
        catch (SocketException e)
        {
            throw GantryException.InvalidArgument($"failed to start metrics server: listen tcp: lookup {host}: {e.Message}", e);
        }
    }

    private sealed class Application(EngineHost engine) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }

        public Task ProcessRequestAsync(HttpContext context)
        {
            var found = context.Request.Path == "/metrics";
            var body = Encoding.UTF8.GetBytes(found ? engine.Metrics() : "404 page not found\n");
            context.Response.StatusCode = found ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            context.Response.ContentType = found ? EngineHost.MetricsContentType : "text/plain; charset=utf-8";
            context.Response.ContentLength = body.Length;
            return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
        }
    }
}
