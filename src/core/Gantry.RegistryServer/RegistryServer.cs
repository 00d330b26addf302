using System.Globalization;
using System.Net;
using Gantry.Errors;
using Gantry.RegistryServer.Auth;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Monitoring;
using Gantry.RegistryServer.Proxy;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gantry.RegistryServer;

/// <summary>A running registry (OCI distribution-spec v1.1, Docker's manifest schema 2). Dispose it to stop.</summary>
public sealed class RegistryServer : IAsyncDisposable
{
    private static readonly TimeSpan s_cleanUpEvery = TimeSpan.FromMinutes(10);
    private readonly WebApplication _app;
    private readonly RegistryStore _store;
    private readonly CancellationTokenSource _stopping = new();
    private Task _cleaning = Task.CompletedTask;

    private readonly Webhook? _webhook;
    private readonly PullThrough? _pullThrough;

    private RegistryServer(WebApplication app, RegistryStore store, Webhook? webhook, PullThrough? pullThrough)
    {
        _app = app;
        _store = store;
        _webhook = webhook;
        _pullThrough = pullThrough;
    }

    /// <summary>host:port it listens on, with the real port where 0 was asked for.</summary>
    public string Address { get; private set; } = string.Empty;

    /// <summary>Starts listening; returns when requests are answered.</summary>
    /// <exception cref="GantryException">InvalidArgument: a bad address or certificate; Conflict: directory or address in use.</exception>
    public static async Task<RegistryServer> StartAsync(RegistryServerOptions options, CancellationToken cancellationToken = default)
    {
        var store = new RegistryStore(options);
        try
        {
            var webhook = options.Webhook is null ? null : new Webhook(options.Webhook, options.WebhookRetry, options.Log);
            var pullThrough = options.Upstreams.Count == 0 ? null : new PullThrough(options, store);
            var server = new RegistryServer(Build(options, store, webhook, pullThrough), store, webhook, pullThrough);
            await server.ListenAsync(options, cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch (Exception)
        {
            store.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await (_pullThrough?.StopAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await _cleaning.ConfigureAwait(false);
        _pullThrough?.Dispose();

        if (_webhook is not null)
        {
            await _webhook.DisposeAsync().ConfigureAwait(false);
        }

        _store.Dispose();
        _stopping.Dispose();
    }

    private async Task ListenAsync(RegistryServerOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await _app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await _app.DisposeAsync().ConfigureAwait(false);
            throw GantryException.Conflict($"listen tcp {options.Listen}: bind: address already in use", exception);
        }

        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Address = new Uri(address).Authority;
        _cleaning = CleanAsync(options, _stopping.Token);
    }

    private static WebApplication Build(RegistryServerOptions options, RegistryStore store, Webhook? webhook, PullThrough? pullThrough)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionMemory>();
        if (options.Certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var (host, port) = ParseListen(options.Listen);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxRequestBufferSize = 1 << 20;
            Listen(kestrel, host, port, listen =>
            {
                listen.Protocols = options.Certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (options.Certificate is not null)
                {
                    listen.UseHttps(options.Certificate);
                }
            });
        });

        var tokens = options.Users is not null && (options.TokenService || options.AnonymousPull || options.Access is not null)
            ? new TokenEndpoint(options, new TokenSigner(Path.Combine(options.Root, "token.key")))
            : null;
        var application = new RegistryApplication(store, options, new AccessControl(options, tokens), tokens, new RegistryMetrics(), webhook, pullThrough);
        var app = builder.Build();
        app.Run(application.HandleAsync);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, string host, int port, Action<ListenOptions> configure)
    {
        if (host is "" or "*")
        {
            kestrel.ListenAnyIP(port, configure);
        }
        else
        {
            kestrel.Listen(host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host), port, configure);
        }
    }

    /// <summary>host:port, [v6]:port or :port.</summary>
    private static (string Host, int Port) ParseListen(string listen)
    {
        var colon = listen.LastIndexOf(':');
        var host = colon < 0 ? string.Empty : listen[..colon].Trim('[', ']');
        if (colon < 0
            || !ushort.TryParse(listen.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || !(host is "" or "*" or "localhost" || IPAddress.TryParse(host, out _)))
        {
            throw GantryException.InvalidArgument($"invalid listen address {listen}: expected an IP address and a port, like 127.0.0.1:5000");
        }

        return (host, port);
    }

    /// <summary>Runs in the background for as long as the server does; failures are told and tried again later.</summary>
    private async Task CleanAsync(RegistryServerOptions options, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(s_cleanUpEvery);
        try
        {
            do
            {
                try
                {
                    _store.CleanUp(cancellationToken);
                }
                catch (IOException exception)
                {
                    options.Log?.Invoke($"cleaning up: {exception.Message}");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
            return;
        }
    }
}
