using System.Globalization;
using System.Net;
using System.Net.Security;
using Gantry.Errors;
using Gantry.RegistryServer.Acme;
using Gantry.RegistryServer.Auth;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Monitoring;
using Gantry.RegistryServer.Proxy;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Gantry.RegistryServer;

/// <summary>A running registry (OCI distribution-spec v1.1, Docker's manifest schema 2). Dispose it to stop.</summary>
public sealed class RegistryServer : IAsyncDisposable
{
    /// <summary>Marks connections at the address for a certificate authority's questions: nothing else is answered there.</summary>
    private static readonly object s_challenges = new();

    private static readonly TimeSpan s_cleanUpEvery = TimeSpan.FromMinutes(10);
    private readonly WebApplication _app;
    private readonly RegistryStore _store;
    private readonly CancellationTokenSource _stopping = new();
    private Task _cleaning = Task.CompletedTask;
    private Task _renewing = Task.CompletedTask;

    private readonly Webhook? _webhook;
    private readonly PullThrough? _pullThrough;
    private readonly AcmeCertificates? _acme;

    private RegistryServer(WebApplication app, RegistryStore store, Webhook? webhook, PullThrough? pullThrough, AcmeCertificates? acme)
    {
        _app = app;
        _acme = acme;
        _store = store;
        _webhook = webhook;
        _pullThrough = pullThrough;
    }

    /// <summary>host:port it listens on, with the real port where 0 was asked for.</summary>
    public string Address { get; private set; } = string.Empty;

    /// <summary>host:port where a certificate authority's questions are answered; empty without <see cref="RegistryServerOptions.Acme"/>.</summary>
    public string ChallengeAddress { get; private set; } = string.Empty;

    /// <summary>Starts listening; returns when requests are answered.</summary>
    /// <exception cref="GantryException">
    /// InvalidArgument: a bad address or certificate; Conflict: directory or address in use; Internal: there is no certificate yet, and the authority gives none.
    /// </exception>
    public static async Task<RegistryServer> StartAsync(RegistryServerOptions options, CancellationToken cancellationToken = default)
    {
        var store = new RegistryStore(options);
        try
        {
            var webhook = options.Webhook is null ? null : new Webhook(options.Webhook, options.WebhookRetry, options.Log);
            var pullThrough = options.Upstreams.Count == 0 ? null : new PullThrough(options, store);
            var acme = options.Acme is null ? null : new AcmeCertificates(options.Acme, options.Root, options.Log);
            var server = new RegistryServer(Build(options, store, webhook, pullThrough, acme), store, webhook, pullThrough, acme);
            await server.ListenAsync(options, cancellationToken).ConfigureAwait(false);
            await server.CertifyAsync(options, cancellationToken).ConfigureAwait(false);
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
        await _renewing.ConfigureAwait(false);
        _acme?.Dispose();
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
            var listen = options.Acme is { } acme ? $"{options.Listen} or {acme.Listen}" : options.Listen;
            throw GantryException.Conflict($"listen tcp {listen}: bind: address already in use", exception);
        }

        var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address).Authority).ToList();
        Address = addresses[0];
        ChallengeAddress = _acme is null ? string.Empty : addresses[1];
        _cleaning = CleanAsync(options, _stopping.Token);
    }

    /// <summary>Without a certificate nobody could be served; an old one is better than none.</summary>
    private async Task CertifyAsync(RegistryServerOptions options, CancellationToken cancellationToken)
    {
        if (_acme is null)
        {
            return;
        }

        try
        {
            await (_acme.IsDue ? _acme.RenewAsync(cancellationToken) : Task.CompletedTask).ConfigureAwait(false);
        }
        catch (GantryException exception) when (_acme.Current is not null)
        {
            options.Log?.Invoke($"the certificate could not be renewed: {exception.Message}");
        }
        catch (Exception)
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }

        _renewing = _acme.KeepAsync(_stopping.Token);
    }

    private static WebApplication Build(RegistryServerOptions options, RegistryStore store, Webhook? webhook, PullThrough? pullThrough, AcmeCertificates? acme)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionMemory>();
        var isSecure = options.Certificate is not null || acme is not null;
        if (isSecure)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var (host, port) = ParseListen(options.Listen);
        var (challengeHost, challengePort) = options.Acme is null ? (string.Empty, 0) : ParseListen(options.Acme.Listen);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxRequestBufferSize = 256 << 10;
            Listen(kestrel, host, port, listen =>
            {
                listen.Protocols = isSecure ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                UseCertificate(listen, options, acme);
                if (!isSecure)
                {
                    listen.Use(next => connection => SocketOutput.RunAsync(connection, next));
                }
            });
            if (acme is not null)
            {
                Listen(kestrel, challengeHost, challengePort, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection =>
                    {
                        connection.Items[s_challenges] = acme;
                        return next(connection);
                    });
                });
            }
        });

        var tokens = options.Users is not null && (options.TokenService || options.AnonymousPull || options.Access is not null)
            ? new TokenEndpoint(options, new TokenSigner(Path.Combine(options.Root, "token.key")))
            : null;
        var application = new RegistryApplication(store, options, new AccessControl(options, tokens), tokens, new RegistryMetrics(), webhook, pullThrough);
        var app = builder.Build();
        app.Run(http => http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(s_challenges) == true ? acme!.AnswerAsync(http) : application.HandleAsync(http));
        return app;
    }

    private static void UseCertificate(ListenOptions listen, RegistryServerOptions options, AcmeCertificates? acme)
    {
        if (options.Certificate is { } certificate)
        {
            listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ServerCertificateChain = options.CertificateChain;
            });
        }
        else if (acme is not null)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = acme.Current ?? throw new IOException("there is no certificate yet"),
                }),
            });
        }
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
