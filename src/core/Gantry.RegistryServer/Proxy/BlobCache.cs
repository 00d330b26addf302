using Gantry.Oci;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Proxy;

/// <summary>Blobs of upstreams: each is fetched once at a time, whoever asks, and goes on to the end when they leave.</summary>
internal sealed class BlobCache(RegistryStore store, Action<string>? log, CancellationToken stopping)
{
    /// <summary>Blobs fetched at once; more wait.</summary>
    private const int MaxFetches = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, Digest Digest), BlobFetch> _fetches = [];
    private readonly SemaphoreSlim _places = new(MaxFetches);
    private readonly HashSet<Task> _running = [];

    /// <summary>The fetch of a blob, begun now or before; the caller leaves it when done. Null when the blob is here after all.</summary>
    internal BlobFetch? Join(UpstreamRepository repository, Digest digest)
    {
        lock (_lock)
        {
            var key = (repository.Name.Value, digest);
            if (_fetches.TryGetValue(key, out var running) && running.TryJoin())
            {
                return running;
            }

            // One that ended since the caller looked has published before it left the table.
            if (store.Blobs.Exists(repository.Name, digest))
            {
                return null;
            }

            var fetch = _fetches[key] = new BlobFetch(store, digest);
            _ = fetch.TryJoin();
            var task = Task.Run(() => RunAsync(key, fetch, repository), CancellationToken.None);
            _running.Add(task);
            _ = ForgetAsync(task);
            return fetch;
        }
    }

    /// <summary>The size of a blob, which is all that a HEAD needs.</summary>
    /// <exception cref="UpstreamException">The upstream does not have the blob.</exception>
    internal async Task<long> SizeAsync(UpstreamRepository repository, Digest digest, CancellationToken cancellationToken)
    {
        var stream = await repository.Upstream.AskAsync(repository.Path, there => there.OpenBlobAsync(digest, cancellationToken: cancellationToken)).ConfigureAwait(false);
        await using var reading = stream.ConfigureAwait(false);
        return stream.Size;
    }

    /// <summary>Ends when no fetch runs any more; call it once the server's token is cancelled.</summary>
    internal Task DrainAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll([.. _running]);
        }
    }

    private async Task RunAsync((string, Digest) key, BlobFetch fetch, UpstreamRepository repository)
    {
        try
        {
            await fetch.RunAsync(repository, _places, stopping).ConfigureAwait(false);
            if (fetch.Failure is { } failure)
            {
                log?.Invoke($"{repository.Name}: {key.Item2} could not be fetched: {failure.Message}");
            }
        }
        finally
        {
            lock (_lock)
            {
                _fetches.Remove(key);
            }

            fetch.Leave();
        }
    }

    private async Task ForgetAsync(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            _running.Remove(task);
        }
    }
}
