using Gantry.Oci;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Http;

/// <summary>
/// Blob uploads: POST to start (end-4a), POST with the whole blob (end-4b), POST to mount (end-11), PATCH a chunk (end-5), PUT the end (end-6),
/// GET the state (end-13), DELETE to give up (end-14). Locations are paths, so they hold behind any proxy.
/// </summary>
internal static class UploadEndpoints
{
    internal static Task HandleCollectionAsync(RegistryContext context) =>
        context.Method == "POST" ? StartAsync(context) : throw new RegistryErrorException(RegistryErrorCode.Unsupported);

    internal static async Task HandleSessionAsync(RegistryContext context)
    {
        if (context.Method is not ("GET" or "HEAD" or "PATCH" or "PUT" or "DELETE"))
        {
            throw new RegistryErrorException(RegistryErrorCode.Unsupported);
        }

        var wanted = context.Method == "PUT" ? RegistryContext.ParseDigest(context.Query("digest")) : default;
        using var lease = await context.Store.Uploads.BorrowAsync(context.Repository, context.Route.Reference, context.Aborted).ConfigureAwait(false);
        switch (context.Method)
        {
            case "PATCH":
                await AppendAsync(context, lease.Session).ConfigureAwait(false);
                await StateAsync(context, lease.Session, StatusCodes.Status202Accepted).ConfigureAwait(false);
                break;
            case "PUT":
                await AppendAsync(context, lease.Session).ConfigureAwait(false);
                await CommitAsync(context, lease, wanted).ConfigureAwait(false);
                break;
            case "DELETE":
                File.Delete(lease.Finish());
                await context.FinishAsync(StatusCodes.Status204NoContent).ConfigureAwait(false);
                break;
            default:
                await StateAsync(context, lease.Session, StatusCodes.Status204NoContent).ConfigureAwait(false);
                break;
        }
    }

    private static async Task StartAsync(RegistryContext context)
    {
        if (context.Query("mount") is { } mount && await TryMountAsync(context, mount, context.Query("from")).ConfigureAwait(false))
        {
            return;
        }

        var whole = context.Query("digest") is { } digest ? RegistryContext.ParseDigest(digest) : default;
        var id = context.Store.Uploads.Create(context.Repository).ToString("N");
        using var lease = await context.Store.Uploads.BorrowAsync(context.Repository, id, context.Aborted).ConfigureAwait(false);
        if (whole.IsEmpty)
        {
            await StateAsync(context, lease.Session, StatusCodes.Status202Accepted).ConfigureAwait(false);
            return;
        }

        try
        {
            await AppendAsync(context, lease.Session).ConfigureAwait(false);
        }
        catch
        {
            // The sender was not told where it could go on.
            File.Delete(lease.Finish());
            throw;
        }

        await CommitAsync(context, lease, whole).ConfigureAwait(false);
    }

    /// <summary>
    /// A mount that can't be done becomes an ordinary upload, as the specification wants. Without a source, any repository that the sender may
    /// read will do.
    /// </summary>
    private static async Task<bool> TryMountAsync(RegistryContext context, string mount, string? from)
    {
        if (!Digest.TryParse(mount, out var digest) || !(from is null ? MountFromAny(context, digest) : MountFrom(context, digest, from)))
        {
            return false;
        }

        context.Store.Room.Changed(context.Repository);
        if (context.Options.RepositoryQuota is > 0 and var quota && context.Store.BytesOf(context.Repository) > quota)
        {
            context.Store.Blobs.Delete(context.Repository, digest);
            throw Exceeded(context);
        }

        await CreatedAsync(context, digest).ConfigureAwait(false);
        return true;
    }

    private static bool MountFrom(RegistryContext context, Digest digest, string from) =>
        RepositoryName.TryParse(from, out var source)
        && Auth.RequestAccess.Of(context.Http).CanPull(source.Value)
        && context.Store.Blobs.Mount(source, context.Repository, digest);

    private static bool MountFromAny(RegistryContext context, Digest digest)
    {
        var access = Auth.RequestAccess.Of(context.Http);
        return context.Store.Blobs.MountFromAny(context.Repository, digest, access.IsEverything ? null : name => access.CanPull(name.Value));
    }

    private static async Task AppendAsync(RegistryContext context, UploadSession session)
    {
        if (context.Request.Headers.ContentRange is [{ Length: > 0 } header, ..])
        {
            CheckRange(context, session, header);
        }

        var room = context.Store.Room.For(context.Repository, context.Request.ContentLength ?? 0);
        if (context.Request.ContentLength > room)
        {
            throw Exceeded(context);
        }

        var before = session.Length;
        bool isWhole;
        try
        {
            isWhole = await session.AppendAsync(context.Request.BodyReader, context.Store.Room, context.Aborted).ConfigureAwait(false);
        }
        finally
        {
            context.Metrics.Received(session.Length - before);
        }

        if (!isWhole)
        {
            throw Exceeded(context);
        }
    }

    private static RegistryErrorException Exceeded(RegistryContext context)
    {
        var (repository, whole) = (context.Options.RepositoryQuota, context.Options.Quota);
        return new RegistryErrorException(RegistryErrorCode.Denied, string.Join(", ", (string[])[
            .. repository > 0 ? [$"the repository may not have more than {repository} bytes"] : (string[])[],
            .. whole > 0 ? [$"the registry may not have more than {whole} bytes"] : (string[])[]]));
    }

    private static void CheckRange(RegistryContext context, UploadSession session, string header)
    {
        if (!ByteRange.TryParseContentRange(header, out var range) || range.Offset != session.Length)
        {
            Describe(context, session);
            throw new RegistryErrorException(RegistryErrorCode.RangeInvalid, $"the upload has {session.Length} bytes");
        }

        if (context.Request.ContentLength is { } length && length != range.Length)
        {
            throw new RegistryErrorException(RegistryErrorCode.SizeInvalid);
        }
    }

    private static async Task CommitAsync(RegistryContext context, UploadTable.Lease lease, Digest wanted)
    {
        var actual = await lease.Session.ComputeAsync(wanted, context.Aborted).ConfigureAwait(false);
        var file = lease.Finish();
        if (actual != wanted)
        {
            File.Delete(file);
            throw new RegistryErrorException(RegistryErrorCode.DigestInvalid, $"the content has digest {actual}");
        }

        context.Store.Blobs.Publish(file, context.Repository, wanted);
        await CreatedAsync(context, wanted).ConfigureAwait(false);
    }

    private static Task CreatedAsync(RegistryContext context, Digest digest)
    {
        context.Response.Headers.Location = $"/v2/{context.Repository}/blobs/{digest}";
        context.Response.Headers["Docker-Content-Digest"] = digest.ToString();
        return context.FinishAsync(StatusCodes.Status201Created);
    }

    private static Task StateAsync(RegistryContext context, UploadSession session, int status)
    {
        Describe(context, session);
        return context.FinishAsync(status);
    }

    /// <summary>The received range is written <c>0-0</c> for an empty upload, as Docker's registry does.</summary>
    private static void Describe(RegistryContext context, UploadSession session)
    {
        var id = session.Id.ToString("N");
        context.Response.Headers.Location = $"/v2/{session.Repository}/blobs/uploads/{id}";
        context.Response.Headers.Range = $"0-{Math.Max(0, session.Length - 1)}";
        context.Response.Headers["Docker-Upload-UUID"] = id;
    }
}
