using Gantry.Registry;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Proxy;

/// <summary>The server as a cache of other registries (docs/design/registry-storage.md).</summary>
internal sealed class PullThrough : IDisposable
{
    private readonly RegistryClient _client;
    private readonly CancellationTokenSource _stopping = new();

    /// <exception cref="Gantry.Errors.GantryException">InvalidArgument: two upstreams for the same names.</exception>
    internal PullThrough(RegistryServerOptions options, RegistryStore store)
    {
        _client = new RegistryClient(options.UpstreamClient with { MaxManifestSize = options.MaxManifestSize });
        Upstreams = new UpstreamTable([.. options.Upstreams.Select(upstream => new Upstream(upstream, _client, options.UpstreamPasswords))], store.Origins);
        Manifests = new ManifestCache(store, options.Log, _stopping.Token);
        Blobs = new BlobCache(store, options.Log, _stopping.Token);
    }

    internal UpstreamTable Upstreams { get; }

    internal ManifestCache Manifests { get; }

    internal BlobCache Blobs { get; }

    /// <summary>Ends all fetches, so that nobody waits for an upstream while the server stops.</summary>
    internal async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Blobs.DrainAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _client.Dispose();
        _stopping.Dispose();
    }
}
