using Gantry.Oci;
using Gantry.Registry;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Proxy;

/// <summary>
/// Manifests of upstreams. A digest is fetched once; a tag is asked for each time with a HEAD, which registries with rate limits don't count, and
/// keeps its last known meaning while the upstream can't say.
/// </summary>
internal sealed class ManifestCache(RegistryStore store, Action<string>? log, CancellationToken stopping)
{
    private readonly SingleFlight<(string Name, string Reference), StoredManifest> _flights = new();

    /// <param name="tag">Null for a manifest by <paramref name="digest"/>.</param>
    /// <exception cref="UpstreamException">It is not here, and the upstream does not give it.</exception>
    internal async Task<StoredManifest> FindAsync(UpstreamRepository repository, string? tag, Digest digest, CancellationToken cancellationToken)
    {
        if (tag is null && store.Manifests.Read(repository.Name, digest) is { } known)
        {
            return known;
        }

        var reference = tag ?? digest.ToString();
        return await _flights.RunAsync((repository.Name.Value, reference), () => tag is null ? GetAsync(repository, reference, []) : RefreshAsync(repository, tag))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<StoredManifest> RefreshAsync(UpstreamRepository repository, string tag)
    {
        var here = store.Manifests.Resolve(repository.Name, tag) is { } digest ? store.Manifests.Read(repository.Name, digest) : null;
        try
        {
            var head = here is null ? null : await repository.Upstream.AskAsync(repository.Path, there => there.HeadManifestAsync(tag, stopping)).ConfigureAwait(false);
            return head is not null && head.Digest == here!.Digest ? here : await GetAsync(repository, tag, [tag]).ConfigureAwait(false);
        }
        catch (UpstreamException exception) when (exception.IsUnavailable && here is not null)
        {
            log?.Invoke($"{repository.Name}:{tag}: served as it was: {exception.Message}");
            return here;
        }
    }

    private async Task<StoredManifest> GetAsync(UpstreamRepository repository, string reference, IReadOnlyList<string> tags)
    {
        var manifest = await repository.Upstream.AskAsync(repository.Path, there => there.GetManifestAsync(reference, stopping)).ConfigureAwait(false);
        var content = manifest.Content.ToArray();
        var parsed = Check(repository, manifest, content);
        if (!store.Origins.TryMakeCache(repository.Name, repository.Upstream.Address))
        {
            throw new RegistryErrorException(RegistryErrorCode.ManifestUnknown, reference);
        }

        if (parsed.Subject is { } subject)
        {
            store.Referrers.Add(repository.Name, subject, parsed.Describe(manifest.Digest, content.Length));
        }

        var stored = new StoredManifest(manifest.Digest, parsed.MediaType, content);
        store.Manifests.Write(repository.Name, stored, tags);
        return stored;
    }

    /// <summary>What no client could push here is not kept for an upstream either.</summary>
    private static CheckedManifest Check(UpstreamRepository repository, ManifestContent manifest, byte[] content)
    {
        try
        {
            return ManifestCheck.Parse(manifest.MediaType, content);
        }
        catch (RegistryErrorException exception)
        {
            throw new UpstreamException(
                new RegistryRefusal(0, string.Empty, null), $"{repository.Upstream.Address} has no proper manifest {manifest.Digest}: {exception.Detail}", exception);
        }
    }
}
