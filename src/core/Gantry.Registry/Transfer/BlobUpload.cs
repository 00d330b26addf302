using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Gantry.Errors;
using Gantry.Registry.Errors;
using Gantry.Registry.Transport;

namespace Gantry.Registry.Transfer;

/// <summary>
/// Uploads one blob: tries mounts, opens a session, sends the bytes (in one request or in chunks) and ends it. After a failure the registry is
/// asked how much it has and the rest is sent; a session it no longer knows is started anew.
/// </summary>
internal sealed class BlobUpload(RepositoryEndpoint endpoint, RegistryOptions options, UploadSource source, RetryNotice? notice)
{
    private static readonly HttpStatusCode[] s_started = [HttpStatusCode.Accepted, HttpStatusCode.Created];
    private static readonly HttpStatusCode[] s_chunk = [HttpStatusCode.Accepted, HttpStatusCode.NoContent, HttpStatusCode.OK];
    private static readonly HttpStatusCode[] s_finished = [HttpStatusCode.Created, HttpStatusCode.NoContent];
    private static readonly HttpStatusCode[] s_state =
        [HttpStatusCode.NoContent, HttpStatusCode.Accepted, HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed];

    /// <summary>Where the session continues; null before it is open or after it is lost.</summary>
    private Uri? _location;
    private long _offset;

    /// <summary>A request failed, so what the registry has is not known.</summary>
    private bool _interrupted;

    private string Digest => source.Blob.Digest.ToString();

    internal async Task<UploadResult> RunAsync(CancellationToken cancellationToken)
    {
        var result = await BringAsync(cancellationToken).ConfigureAwait(false);
        source.Moved?.Invoke(null);
        return result;
    }

    private async Task<UploadResult> BringAsync(CancellationToken cancellationToken)
    {
        if (source.Earlier is not null)
        {
            await TakeUpAsync(source.Earlier, cancellationToken).ConfigureAwait(false);
        }

        foreach (var candidate in _location is null ? source.MountCandidates.Where(path => path != endpoint.Path) : [])
        {
            if (await MountAsync(candidate, cancellationToken).ConfigureAwait(false))
            {
                return new UploadResult(UploadOutcome.Mounted, candidate);
            }
        }

        for (var (attempt, from) = (1, 0L); ; attempt++)
        {
            try
            {
                if (!_interrupted || !await IsThereAfterAllAsync(cancellationToken).ConfigureAwait(false))
                {
                    await SendAsync(cancellationToken).ConfigureAwait(false);
                }

                return new UploadResult(UploadOutcome.Uploaded);
            }
            catch (RegistryFailure failure) when (failure.IsTransient || (failure.IsDial && _interrupted))
            {
                _interrupted = true;
                (attempt, from) = _offset > from ? (1, _offset) : (attempt, from);
                if (Retry.Delay(options, attempt, failure) is not { } delay)
                {
                    throw;
                }

                notice?.Invoke(delay);
                await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Continues an earlier attempt where the registry still knows it. Whatever is wrong with that, the upload begins anew.</summary>
    private async Task TakeUpAsync(Uri earlier, CancellationToken cancellationToken)
    {
        try
        {
            _location = earlier;
            await IsThereAfterAllAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryFailure)
        {
            (_location, _offset, _interrupted) = (null, 0, false);
        }
    }

    /// <summary>A registry that can't or won't mount opens an upload session instead, which is then used.</summary>
    private async Task<bool> MountAsync(string from, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await endpoint.SendAsync(
                host => new RequestPlan(HttpMethod.Post, endpoint.Resolve(host, $"blobs/uploads/?mount={Uri.EscapeDataString(Digest)}&from={Uri.EscapeDataString(from)}")),
                [endpoint.PushScope, $"repository:{from}:pull"], s_started, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Created)
            {
                return true;
            }

            Take(response);
            return false;
        }
        catch (RegistryFailure)
        {
            // Not allowed to look into the other repository, or no mounts here: the bytes are sent.
            return false;
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_location is null)
        {
            using var started = await endpoint.SendAsync(
                host => new RequestPlan(HttpMethod.Post, endpoint.Resolve(host, "blobs/uploads/")) { Content = Empty },
                [endpoint.PushScope], s_started, cancellationToken).ConfigureAwait(false);
            Take(started);
            _offset = 0;
        }

        // What is left goes with the closing request, unless chunks were asked for or the registry has a part already.
        var chunk = options.UploadChunkSize > 0 ? options.UploadChunkSize : _offset > 0 ? long.MaxValue : 0;
        while (chunk > 0 && _offset < source.Blob.Size)
        {
            var length = Math.Min(chunk, source.Blob.Size - _offset);
            using var response = await SendBytesAsync(HttpMethod.Patch, _location!, length, s_chunk, cancellationToken).ConfigureAwait(false);
            _offset += length;
            Take(response);
        }

        using var finished = await SendBytesAsync(HttpMethod.Put, Finish(_location!), source.Blob.Size - _offset, s_finished, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendBytesAsync(
        HttpMethod method, Uri uri, long length, HttpStatusCode[] expected, CancellationToken cancellationToken)
    {
        using var timer = new StallTimer(options.StallTimeout, options.StallBytes, cancellationToken);
        UploadContent? content = null;
        HttpContent Make()
        {
            content = length == 0 ? null : new UploadContent(source, _offset, length, timer);
            if (content is not null && method == HttpMethod.Patch)
            {
                content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{_offset}-{_offset + length - 1}"));
            }

            return content is null ? Empty() : content;
        }

        try
        {
            return await endpoint.SendAsync(
                _ => new RequestPlan(method, uri) { Content = Make, BodyProgress = timer }, [endpoint.PushScope], expected, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryFailure) when (content?.SourceFailure is { } failure)
        {
            throw failure as GantryException ?? GantryException.Internal($"reading blob {Digest}: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// Asks the registry what it has of an interrupted upload (end-13) and goes on there. A session it does not know may have been finished, its
    /// answer lost; then the blob is there.
    /// </summary>
    private async Task<bool> IsThereAfterAllAsync(CancellationToken cancellationToken)
    {
        if (_location is not { } location)
        {
            return false;
        }

        using var response = await endpoint.SendAsync(
            _ => new RequestPlan(HttpMethod.Get, location), [endpoint.PushScope], s_state, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
            && UploadRange.TryParse(response, out var received) && received > 0 && received <= source.Blob.Size)
        {
            Take(response);
            _offset = received;
            _interrupted = false;
            return false;
        }

        (_location, _offset, _interrupted) = (null, 0, false);
        using var head = await endpoint.SendAsync(
            host => new RequestPlan(HttpMethod.Head, endpoint.Resolve(host, $"blobs/{Digest}")),
            [endpoint.PushScope], [HttpStatusCode.OK, HttpStatusCode.NotFound], cancellationToken).ConfigureAwait(false);
        return head.StatusCode == HttpStatusCode.OK;
    }

    private void Take(HttpResponseMessage response)
    {
        var location = response.Headers.Location ?? (response.Headers.TryGetValues("Location", out var values) && Uri.TryCreate(values.First(), UriKind.RelativeOrAbsolute, out var uri) ? uri : null);
        var next = location is not null ? new Uri(response.RequestMessage!.RequestUri!, location)
            : _location ?? throw new RegistryFailure("the registry opened an upload without saying where");
        if (next != _location)
        {
            _location = next;
            source.Moved?.Invoke(next);
        }
    }

    private Uri Finish(Uri location)
    {
        var builder = new UriBuilder(location);
        builder.Query = (builder.Query.Length > 1 ? builder.Query + "&" : string.Empty) + "digest=" + Uri.EscapeDataString(Digest);
        return builder.Uri;
    }

    private static ByteArrayContent Empty() => new([]) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
}
