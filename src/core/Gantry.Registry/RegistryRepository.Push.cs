using System.Net;
using System.Net.Http.Headers;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Errors;
using Gantry.Registry.Transfer;
using Gantry.Registry.Transport;

namespace Gantry.Registry;

/// <summary>How a blob came to be in the registry.</summary>
public enum UploadOutcome
{
    /// <summary>Its bytes were sent.</summary>
    Uploaded = 0,

    /// <summary>It was there already.</summary>
    Exists,

    /// <summary>Another repository of the registry had it.</summary>
    Mounted,
}

/// <param name="MountedFrom">The other repository's path, when mounted.</param>
public sealed record UploadResult(UploadOutcome Outcome, string? MountedFrom = null);

/// <summary>What to upload.</summary>
/// <param name="Blob">Digest and size, known beforehand.</param>
/// <param name="OpenAsync">Opens the content at an offset; called again when an upload is resumed. The upload disposes the stream.</param>
public sealed record UploadSource(Descriptor Blob, Func<long, CancellationToken, Task<Stream>> OpenAsync)
{
    /// <summary>Paths of repositories in the same registry that may have the blob, most likely first.</summary>
    public IReadOnlyList<string> MountCandidates { get; init; } = [];

    /// <summary>Told bytes sent so far; goes back when a part is sent again.</summary>
    public IProgress<long>? Progress { get; init; }

    public RetryNotice? Retrying { get; init; }

    /// <summary>Where an earlier attempt, perhaps of a process that was killed, left an upload of this blob to the same repository; null for none.</summary>
    public Uri? Earlier { get; init; }

    /// <summary>Told where the upload goes on from now, and null when nothing is left to go on with: what to give as <see cref="Earlier"/> the next time.</summary>
    public Action<Uri?>? Moved { get; init; }
}

public sealed partial class RegistryRepository
{
    /// <summary>True when the repository has the blob.</summary>
    /// <exception cref="GantryException">The registry failed or refuses.</exception>
    public Task<bool> BlobExistsAsync(Digest digest, CancellationToken cancellationToken = default) =>
        RetriedAsync(token => HeadBlobAsync(digest, token), FailureText.Push, cancellationToken);

    /// <summary>Brings a blob into the repository by the cheapest way: it is there, another repository has it, or its bytes are sent (and resumed when cut).</summary>
    /// <exception cref="GantryException">The registry failed or refuses; the message is Docker's.</exception>
    public async Task<UploadResult> UploadAsync(UploadSource source, CancellationToken cancellationToken = default)
    {
        if (await BlobExistsAsync(source.Blob.Digest, cancellationToken).ConfigureAwait(false))
        {
            source.Moved?.Invoke(null);
            return new UploadResult(UploadOutcome.Exists);
        }

        try
        {
            return await new BlobUpload(Upstream, _options, source, source.Retrying ?? Retrying).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryFailure failure)
        {
            throw FailureText.Push(failure);
        }
    }

    /// <summary>Gives this repository a blob of another one in the same registry; false when that could not be done without sending it.</summary>
    /// <exception cref="GantryException">The registry failed or refuses; the message is Docker's.</exception>
    public async Task<bool> MountAsync(Digest digest, string from, CancellationToken cancellationToken = default)
    {
        var endpoint = Upstream;
        return await RetriedAsync(
            async token =>
            {
                using var response = await endpoint.SendAsync(
                    host => new RequestPlan(HttpMethod.Post, endpoint.Resolve(host, $"blobs/uploads/?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(from)}")),
                    [endpoint.PushScope, $"repository:{from}:pull"], [HttpStatusCode.Created, HttpStatusCode.Accepted], token).ConfigureAwait(false);
                return response.StatusCode == HttpStatusCode.Created;
            },
            FailureText.Push, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stores a manifest under a tag or its digest; returns its digest.</summary>
    /// <exception cref="GantryException">The registry failed or refuses; the message is Docker's.</exception>
    public async Task<Digest> PutManifestAsync(string tagOrDigest, string mediaType, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var endpoint = Upstream;
        return await RetriedAsync(
            async token =>
            {
                using var response = await endpoint.SendAsync(
                    host => new RequestPlan(HttpMethod.Put, endpoint.Resolve(host, $"manifests/{tagOrDigest}"))
                    {
                        Content = () => new ReadOnlyMemoryContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
                    },
                    [endpoint.PushScope], [HttpStatusCode.Created, HttpStatusCode.Accepted, HttpStatusCode.OK], token).ConfigureAwait(false);
                return Digest.TryParse(tagOrDigest, out var digest) ? digest : Digest.Of(content.Span);
            },
            FailureText.Push, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> HeadBlobAsync(Digest digest, CancellationToken cancellationToken)
    {
        var endpoint = Upstream;
        using var response = await endpoint.SendAsync(
            host => new RequestPlan(HttpMethod.Head, endpoint.Resolve(host, $"blobs/{digest}")),
            [endpoint.PushScope], [HttpStatusCode.OK, HttpStatusCode.NotFound], cancellationToken).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.OK;
    }
}
