using System.Buffers;
using Gantry.Oci;
using Gantry.RegistryServer.Proxy;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gantry.RegistryServer.Http;

/// <summary>GET, HEAD (end-3), PUT (end-7) and DELETE (end-9) of <c>/v2/&lt;name&gt;/manifests/&lt;reference&gt;</c>.</summary>
internal static class ManifestEndpoints
{
    internal static Task HandleAsync(RegistryContext context) => context.Method switch
    {
        "GET" or "HEAD" => GetAsync(context),
        "PUT" => PutAsync(context),
        "DELETE" => DeleteAsync(context),
        _ => throw new RegistryErrorException(RegistryErrorCode.Unsupported),
    };

    private static async Task GetAsync(RegistryContext context)
    {
        var manifest = await FindAsync(context).ConfigureAwait(false);
        var headers = context.Response.Headers;
        headers["Docker-Content-Digest"] = manifest.Digest.ToString();
        headers.ETag = $"\"{manifest.Digest}\"";
        context.Response.ContentType = manifest.MediaType;
        if (context.HasEntity(manifest.Digest))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentLength = manifest.Content.Length;
        if (!context.IsHead)
        {
            await context.Response.Body.WriteAsync(manifest.Content, context.Aborted).ConfigureAwait(false);
            context.Metrics.Sent(manifest.Content.Length);
            context.Webhook?.Tell(context, "pull", manifest.MediaType, manifest.Digest, manifest.Content.Length, Reference(context).Tag);
        }
    }

    private static async Task PutAsync(RegistryContext context)
    {
        var (tag, digest) = Reference(context);
        var tags = Tags(context, tag);
        var content = await ReadAsync(context).ConfigureAwait(false);
        var checkedManifest = ManifestCheck.Parse(context.Request.ContentType, content);
        var actual = digest.IsEmpty ? Digest.Of(content) : ManifestCheck.DigestOf(content, digest.Algorithm);
        if (!digest.IsEmpty && digest != actual)
        {
            throw new RegistryErrorException(RegistryErrorCode.DigestInvalid, $"the content has digest {actual}");
        }

        if (!context.Options.SparseManifests)
        {
            ManifestCheck.References(context.Store, context.Repository, checkedManifest);
        }

        if (checkedManifest.Subject is { } subject)
        {
            context.Store.Referrers.Add(context.Repository, subject, checkedManifest.Describe(actual, content.Length));
            context.Response.Headers["OCI-Subject"] = subject.ToString();
        }

        context.Store.Manifests.Write(context.Repository, new StoredManifest(actual, checkedManifest.MediaType, content), tags);
        context.Metrics.Received(content.Length);
        context.Webhook?.Tell(context, "push", checkedManifest.MediaType, actual, content.Length, tags.FirstOrDefault());
        context.Response.Headers.Location = $"/v2/{context.Repository}/manifests/{actual}";
        context.Response.Headers["Docker-Content-Digest"] = actual.ToString();
        if (tags.Count > (tag is null ? 0 : 1))
        {
            context.Response.Headers["OCI-Tag"] = new StringValues([.. tags]);
        }

        await context.FinishAsync(StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static Task DeleteAsync(RegistryContext context)
    {
        var (tag, digest) = Reference(context);
        if (tag is not null)
        {
            return context.Store.Manifests.DeleteTag(context.Repository, tag)
                ? context.FinishAsync(StatusCodes.Status202Accepted)
                : throw new RegistryErrorException(RegistryErrorCode.ManifestUnknown, tag);
        }

        var manifest = context.Store.Manifests.Read(context.Repository, digest);
        if (manifest is null || !context.Store.Manifests.Delete(context.Repository, digest))
        {
            throw new RegistryErrorException(RegistryErrorCode.ManifestUnknown, digest.ToString());
        }

        context.Webhook?.Tell(context, "delete", manifest.MediaType, digest, manifest.Content.Length, null);
        if (ManifestCheck.Parse(manifest.MediaType, manifest.Content).Subject is { } subject)
        {
            context.Store.Referrers.Remove(context.Repository, subject, digest);
        }

        return context.FinishAsync(StatusCodes.Status202Accepted);
    }

    private static async Task<StoredManifest> FindAsync(RegistryContext context)
    {
        var (tag, digest) = Reference(context);
        if (context.Upstream is { } upstream)
        {
            try
            {
                return await context.PullThrough!.Manifests.FindAsync(upstream, tag, digest, context.Aborted).ConfigureAwait(false);
            }
            catch (UpstreamException exception)
            {
                throw context.Refused(exception, RegistryErrorCode.ManifestUnknown);
            }
        }

        var found = tag is null ? digest : context.Store.Manifests.Resolve(context.Repository, tag) ?? default;
        return (found.IsEmpty ? null : context.Store.Manifests.Read(context.Repository, found))
            ?? throw new RegistryErrorException(RegistryErrorCode.ManifestUnknown, context.Route.Reference);
    }

    /// <summary>A reference is a digest when it has a colon, else a tag.</summary>
    private static (string? Tag, Digest Digest) Reference(RegistryContext context)
    {
        var text = context.Route.Reference;
        _ = context.Repository;
        return text.Contains(':', StringComparison.Ordinal) ? (null, RegistryContext.ParseDigest(text))
            : IsTag(text) ? (text, default)
            : throw new RegistryErrorException(RegistryErrorCode.TagInvalid, text);
    }

    /// <summary>The tags a push sets: the one in the path, and those of <c>tag</c> parameters, by which a push by digest sets several at once.</summary>
    private static List<string> Tags(RegistryContext context, string? tag)
    {
        var named = context.Request.Query["tag"].OfType<string>().ToList();
        return named.Find(text => !IsTag(text)) is { } wrong ? throw new RegistryErrorException(RegistryErrorCode.TagInvalid, wrong)
            : [.. (tag is null ? named : named.Prepend(tag)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>distribution-spec: <c>[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}</c>.</summary>
    private static bool IsTag(string text) =>
        text.Length is > 0 and <= 128 && text[0] is not ('.' or '-') && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static async Task<byte[]> ReadAsync(RegistryContext context)
    {
        if (context.Request.ContentLength > context.Options.MaxManifestSize)
        {
            throw new RegistryErrorException(RegistryErrorCode.ManifestTooLarge);
        }

        while (true)
        {
            var result = await context.Request.BodyReader.ReadAsync(context.Aborted).ConfigureAwait(false);
            if (result.Buffer.Length > context.Options.MaxManifestSize)
            {
                throw new RegistryErrorException(RegistryErrorCode.ManifestTooLarge);
            }

            if (result.IsCompleted)
            {
                var content = result.Buffer.ToArray();
                context.Request.BodyReader.AdvanceTo(result.Buffer.End);
                return content;
            }

            context.Request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
