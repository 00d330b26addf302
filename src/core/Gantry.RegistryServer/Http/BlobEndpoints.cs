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
        using var content = context.Store.Blobs.Open(context.Repository, digest)
            ?? throw new RegistryErrorException(RegistryErrorCode.BlobUnknown, digest.ToString());
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

        await SendAsync(context, content).ConfigureAwait(false);
    }

    private static async Task SendAsync(RegistryContext context, OpenContent content)
    {
        var outcome = ByteRange.Parse(context.IsHead ? null : context.Request.Headers.Range.ToString(), content.Size, out var range);
        if (outcome == RangeOutcome.Unsatisfiable)
        {
            context.Response.Headers.ContentRange = $"bytes */{content.Size}";
            throw new RegistryErrorException(RegistryErrorCode.RangeInvalid);
        }

        if (outcome == RangeOutcome.Part)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{content.Size}";
        }

        context.Response.ContentLength = range.Length;
        if (!context.IsHead)
        {
            await FileSender.SendAsync(context.Response, content.File, range, context.Aborted).ConfigureAwait(false);
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
