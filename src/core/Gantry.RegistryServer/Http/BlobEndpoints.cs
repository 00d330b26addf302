using Gantry.Oci;
using Gantry.RegistryServer.Proxy;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Http;

/// <summary>GET, HEAD (end-2) and DELETE (end-10) of <c>/v2/&lt;name&gt;/blobs/&lt;digest&gt;</c>.</summary>
internal static class BlobEndpoints
{
    internal static Task HandleAsync(RegistryContext context) => context.Method switch
    {
        "GET" or "HEAD" => GetAsync(context),
        "DELETE" => DeleteAsync(context),
        _ => throw new RegistryErrorException(RegistryErrorCode.Unsupported),
    };

    private static async Task GetAsync(RegistryContext context)
    {
        var digest = RegistryContext.ParseDigest(context.Route.Reference);
        using var content = context.Store.Blobs.Open(context.Repository, digest);
        if (content is not null)
        {
            await SendAsync(context, digest, content).ConfigureAwait(false);
        }
        else if (context.Upstream is { } upstream)
        {
            await FetchAsync(context, upstream, digest).ConfigureAwait(false);
        }
        else
        {
            throw new RegistryErrorException(RegistryErrorCode.BlobUnknown, digest.ToString());
        }
    }

    private static Task SendAsync(RegistryContext context, Digest digest, OpenContent content)
    {
        if (context.PullThrough is not null && context.Store.Origins.IsCache(context.Repository))
        {
            context.Store.Room.Used(context.Repository, digest);
        }

        return SendAsync(context, digest, content.Size, range => FileSender.SendAsync(context.Response, content.File, range, context.Aborted));
    }

    /// <summary>A blob that is on its way here, or is sent for now.</summary>
    private static async Task FetchAsync(RegistryContext context, UpstreamRepository upstream, Digest digest)
    {
        try
        {
            if (context.IsHead)
            {
                await SendAsync(context, digest, await context.PullThrough!.Blobs.SizeAsync(upstream, digest, context.Aborted).ConfigureAwait(false), _ => Task.CompletedTask).ConfigureAwait(false);
                return;
            }

            if (context.PullThrough!.Blobs.Join(upstream, digest) is not { } fetch)
            {
                await GetAsync(context).ConfigureAwait(false);
                return;
            }

            try
            {
                await SendAsync(context, digest, await fetch.SizeAsync(context.Aborted).ConfigureAwait(false), range => fetch.SendAsync(context.Response, range, context.Aborted))
                    .ConfigureAwait(false);
            }
            finally
            {
                fetch.Leave();
            }
        }
        catch (UpstreamException exception) when (!context.Response.HasStarted)
        {
            throw context.Refused(exception, RegistryErrorCode.BlobUnknown);
        }
    }

    private static async Task SendAsync(RegistryContext context, Digest digest, long size, Func<ByteRange, Task> send)
    {
        var headers = context.Response.Headers;
        headers["Docker-Content-Digest"] = digest.ToString();
        headers.ETag = $"\"{digest}\"";
        headers.AcceptRanges = "bytes";
        headers.CacheControl = "max-age=31536000";
        context.Response.ContentType = "application/octet-stream";
        if (context.HasEntity(digest))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var outcome = ByteRange.Parse(context.IsHead || !context.WantsPartOf(digest) ? null : context.Request.Headers.Range.ToString(), size, out var range);
        if (outcome == RangeOutcome.Unsatisfiable)
        {
            context.Response.Headers.ContentRange = $"bytes */{size}";
            throw new RegistryErrorException(RegistryErrorCode.RangeInvalid);
        }

        if (outcome == RangeOutcome.Part)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{size}";
        }

        context.Response.ContentLength = range.Length;
        if (!context.IsHead)
        {
            await send(range).ConfigureAwait(false);
            context.Metrics.Sent(range.Length);
        }
    }

    private static Task DeleteAsync(RegistryContext context)
    {
        var digest = RegistryContext.ParseDigest(context.Route.Reference);
        return context.Store.Blobs.Delete(context.Repository, digest)
            ? context.FinishAsync(StatusCodes.Status202Accepted)
            : throw new RegistryErrorException(RegistryErrorCode.BlobUnknown, digest.ToString());
    }
}
