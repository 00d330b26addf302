using System.Collections.Concurrent;
using System.Net;
using Gantry.IO.Web;

namespace Gantry.Registry.Transport;

/// <summary>Keep-alive connections, per host and TLS setting, shared by everything that talks to that host.</summary>
internal sealed class HttpPool(RegistryOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<(string Authority, bool Insecure, string Tls), Lazy<HttpMessageInvoker>> _invokers = new();

    /// <param name="settings">What a hosts.toml says of the host; null for nothing.</param>
    internal HttpMessageInvoker For(string authority, bool insecure, HostSettings? settings = null) =>
        _invokers.GetOrAdd((authority, insecure, settings?.TlsKey ?? string.Empty), key => new Lazy<HttpMessageInvoker>(
            () => Create(key.Authority, key.Insecure, settings ?? HostSettings.None), LazyThreadSafetyMode.PublicationOnly)).Value;

    public void Dispose()
    {
        foreach (var invoker in _invokers.Values.Where(invoker => invoker.IsValueCreated))
        {
            invoker.Value.Dispose();
        }
    }

    private HttpMessageInvoker Create(string authority, bool insecure, HostSettings settings) => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = Dialer.ConnectAsync,
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
        MaxResponseHeadersLength = 64,
        SslOptions = TlsSettings.For(authority, options, insecure, settings),
        UseCookies = false,
    });
}
