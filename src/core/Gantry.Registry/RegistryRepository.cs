using System.Net;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Errors;
using Gantry.Registry.Transport;

namespace Gantry.Registry;

/// <summary>
/// One repository in a registry. Every method repeats what fails for a passing reason and throws <see cref="GantryException"/> with Docker's
/// text in the end. Thread-safe.
/// </summary>
public sealed partial class RegistryRepository
{
    private static readonly string[] s_accept =
    [
        MediaTypes.OciIndex, MediaTypes.DockerManifestList, MediaTypes.OciManifest, MediaTypes.DockerManifest, MediaTypes.DockerManifestV1Signed, "application/json",
    ];

    private static readonly HttpStatusCode[] s_ok = [HttpStatusCode.OK];

    private readonly ImageReference _reference;
    private readonly RegistryOptions _options;
    private readonly IReadOnlyList<RepositoryEndpoint> _endpoints;

    /// <summary>Where the manifest came from: blobs are asked for there first.</summary>
    private int _preferred;

    internal RegistryRepository(ImageReference reference, RegistryOptions options, IReadOnlyList<RepositoryEndpoint> endpoints)
    {
        _reference = reference;
        _options = options;
        _endpoints = endpoints;
    }

    /// <summary>Told when something failed and will be tried again; set it before use.</summary>
    public RetryNotice? Retrying { get; set; }

    private RepositoryEndpoint Upstream => _endpoints[^1];

    /// <summary>Gets a manifest or index by tag or digest.</summary>
    /// <exception cref="GantryException">NotFound; DataCorrupt: not what its digest says; Internal: the registry failed or refuses.</exception>
    public async Task<ManifestContent> GetManifestAsync(string tagOrDigest, CancellationToken cancellationToken = default)
    {
        var named = Named(tagOrDigest);
        return await OverEndpointsAsync(
            async (endpoint, token) =>
            {
                using var response = await SendManifestAsync(endpoint, HttpMethod.Get, tagOrDigest, token).ConfigureAwait(false);
                var content = await endpoint.Exchange.ReadSmallAsync(response, _options.MaxManifestSize, token).ConfigureAwait(false);
                return Verify(response, tagOrDigest, content);
            },
            failure => FailureText.Pull(failure, named), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The digest and type that a tag or digest has now, without fetching it; null when the registry does not tell (get it then).</summary>
    /// <exception cref="GantryException">As <see cref="GetManifestAsync"/>.</exception>
    public async Task<Descriptor?> HeadManifestAsync(string tagOrDigest, CancellationToken cancellationToken = default)
    {
        var named = Named(tagOrDigest);
        return await OverEndpointsAsync(
            async (endpoint, token) =>
            {
                try
                {
                    using var response = await SendManifestAsync(endpoint, HttpMethod.Head, tagOrDigest, token).ConfigureAwait(false);
                    return DescriptorOf(response);
                }
                catch (RegistryFailure failure) when (failure.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
                {
                    // An answer to HEAD has no body to say what is missing.
                    return null;
                }
            },
            failure => FailureText.Pull(failure, named), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All tags, in the registry's order.</summary>
    public async Task<IReadOnlyList<string>> ListTagsAsync(CancellationToken cancellationToken = default)
    {
        const int MaxPages = 10_000;
        var tags = new List<string>();
        string? next = string.Empty;
        for (var page = 0; next is not null && page < MaxPages; page++)
        {
            var relative = next;
            next = await RetriedAsync(
                token => TagPageAsync(relative, tags, token), failure => FailureText.Pull(failure, _reference), cancellationToken).ConfigureAwait(false);
        }

        return tags;
    }

    /// <summary>Starts downloading a blob at <paramref name="offset"/>. The stream resumes by itself; the caller checks the digest and disposes it.</summary>
    /// <exception cref="GantryException">Internal <c>unknown blob</c>, or as the registry fails.</exception>
    public Task<BlobStream> OpenBlobAsync(Descriptor blob, long offset = 0, RetryNotice? notice = null, CancellationToken cancellationToken = default) =>
        OpenAsync(blob, offset, null, notice, cancellationToken);

    /// <summary>The bytes from <paramref name="offset"/> up to <paramref name="end"/>; null when the registry has no ranges and sends all of the blob instead.</summary>
    /// <exception cref="GantryException">As <see cref="OpenBlobAsync(Descriptor, long, RetryNotice?, CancellationToken)"/>.</exception>
    public async Task<BlobStream?> TryOpenRangeAsync(Descriptor blob, long offset, long end, RetryNotice? notice, CancellationToken cancellationToken = default)
    {
        var stream = await OpenAsync(blob, offset, end, notice, cancellationToken).ConfigureAwait(false);
        if (!stream.IgnoresRanges)
        {
            return stream;
        }

        await stream.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>The same for a blob whose size nobody has told: the registry's first answer says it.</summary>
    /// <exception cref="GantryException">As above; also when the registry does not say how large the blob is.</exception>
    public Task<BlobStream> OpenBlobAsync(Digest blob, long offset = 0, CancellationToken cancellationToken = default) =>
        OpenBlobAsync(new Descriptor { Digest = blob, Size = BlobStream.UnknownSize }, offset, cancellationToken: cancellationToken);

    /// <summary>Reads a small blob (a config) whole and checks its size and digest.</summary>
    /// <exception cref="GantryException">DataCorrupt, or as opening it.</exception>
    public async Task<byte[]> GetBlobAsync(Descriptor blob, int limit, CancellationToken cancellationToken = default)
    {
        if (blob.Size > limit)
        {
            throw GantryException.DataCorrupt($"blob {blob.Digest} is larger than {limit} bytes");
        }

        var stream = await OpenBlobAsync(blob, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using var reading = stream.ConfigureAwait(false);
        var content = new byte[blob.Size];
        await stream.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
        var more = await stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
        return more == 0 && ManifestContent.DigestOf(content, blob.Digest.Algorithm) == blob.Digest
            ? content
            : throw GantryException.DataCorrupt($"blob verification failed for digest {blob.Digest}");
    }

    private async Task<BlobStream> OpenAsync(Descriptor blob, long offset, long? end, RetryNotice? notice, CancellationToken cancellationToken)
    {
        for (var i = _preferred; ; i++)
        {
            var endpoint = _endpoints[i];
            var stream = new BlobStream(
                (from, token) => endpoint.SendAsync(
                    host => new RequestPlan(HttpMethod.Get, endpoint.Resolve(host, $"blobs/{blob.Digest}")) { Offset = from, End = end },
                    [endpoint.PullScope], [HttpStatusCode.OK, HttpStatusCode.PartialContent], token),
                blob.Size, offset, _options, failure => FailureText.Blob(failure, _reference), notice ?? Retrying, cancellationToken, end);
            try
            {
                await stream.StartAsync(cancellationToken).ConfigureAwait(false);
                return stream;
            }
            catch (GantryException) when (i < _endpoints.Count - 1)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static Task<HttpResponseMessage> SendManifestAsync(RepositoryEndpoint endpoint, HttpMethod method, string reference, CancellationToken cancellationToken) =>
        endpoint.SendAsync(
            host => new RequestPlan(method, endpoint.Resolve(host, $"manifests/{reference}")) { Accept = s_accept },
            [endpoint.PullScope], s_ok, cancellationToken);

    private static ManifestContent Verify(HttpResponseMessage response, string tagOrDigest, byte[] content)
    {
        if (content.Length == 0)
        {
            throw new RegistryFailure("unexpected end of JSON input");
        }

        var declared = HeaderDigest(response);
        var wanted = Digest.TryParse(tagOrDigest, out var digest) ? digest : declared;
        var actual = ManifestContent.DigestOf(content, wanted.IsEmpty ? "sha256" : wanted.Algorithm);
        return wanted.IsEmpty || wanted == actual
            ? new ManifestContent(ManifestContent.TypeOf(response.Content.Headers.ContentType?.MediaType, content), actual, content)
            : throw GantryException.DataCorrupt($"manifest verification failed for digest {wanted}");
    }

    private static Descriptor? DescriptorOf(HttpResponseMessage response)
    {
        var digest = HeaderDigest(response);
        return digest.IsEmpty ? null : new Descriptor
        {
            MediaType = response.Content.Headers.ContentType?.MediaType ?? string.Empty,
            Digest = digest,
            Size = response.Content.Headers.ContentLength ?? 0,
        };
    }

    private static Digest HeaderDigest(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Docker-Content-Digest", out var values) && Digest.TryParse(values.FirstOrDefault(), out var digest) ? digest : default;

    private async Task<string?> TagPageAsync(string relative, List<string> tags, CancellationToken cancellationToken)
    {
        var endpoint = Upstream;
        using var response = await endpoint.SendAsync(
            host => new RequestPlan(HttpMethod.Get, new Uri(endpoint.Resolve(host, "tags/list"), relative)) { StayOnHost = true },
            [endpoint.PullScope], s_ok, cancellationToken).ConfigureAwait(false);
        var body = await endpoint.Exchange.ReadSmallAsync(response, 64 << 20, cancellationToken).ConfigureAwait(false);
        try
        {
            tags.AddRange(JsonSerializer.Deserialize(body, RegistryJson.Default.TagPage)?.Tags ?? []);
        }
        catch (JsonException exception)
        {
            throw new RegistryFailure("the registry's list of tags is malformed: " + exception.Message, exception);
        }

        return response.Headers.TryGetValues("Link", out var links) ? LinkHeader.Next(links) : null;
    }

    private ImageReference Named(string tagOrDigest) =>
        Digest.TryParse(tagOrDigest, out var digest) ? _reference.WithDigest(digest) : _reference.WithTag(tagOrDigest);

    /// <summary>Asks mirrors in turn, then the registry; whatever is wrong with a mirror leads on, the registry's word is final.</summary>
    private async Task<T> OverEndpointsAsync<T>(
        Func<RepositoryEndpoint, CancellationToken, Task<T>> action, Func<RegistryFailure, Exception> wrap, CancellationToken cancellationToken)
    {
        for (var i = _preferred; ; i++)
        {
            var endpoint = _endpoints[i];
            try
            {
                var result = await RetriedAsync(token => action(endpoint, token), wrap, cancellationToken).ConfigureAwait(false);
                if (result is not null)
                {
                    _preferred = i;
                }

                return result;
            }
            catch (GantryException) when (i < _endpoints.Count - 1)
            {
                continue;
            }
        }
    }

    private async Task<T> RetriedAsync<T>(Func<CancellationToken, Task<T>> action, Func<RegistryFailure, Exception> wrap, CancellationToken cancellationToken)
    {
        try
        {
            return await Retry.RunAsync(_options, action, Retrying, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryFailure failure)
        {
            throw wrap(failure);
        }
    }
}
