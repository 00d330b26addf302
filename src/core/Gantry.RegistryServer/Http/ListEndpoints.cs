using System.Globalization;
using Gantry.Oci;
using Gantry.RegistryServer.Json;
using Gantry.RegistryServer.Proxy;

namespace Gantry.RegistryServer.Http;

/// <summary>Tag lists (end-8a, end-8b), the repository catalog, and referrers (end-12a, end-12b).</summary>
internal static class ListEndpoints
{
    private const int MaxPage = 10_000;

    internal static async Task TagsAsync(RegistryContext context)
    {
        RequireGet(context);
        var tags = context.Upstream is { } upstream ? await UpstreamTagsAsync(context, upstream).ConfigureAwait(false) : null;
        if (tags is null && !context.Store.Manifests.RepositoryExists(context.Repository))
        {
            throw new RegistryErrorException(RegistryErrorCode.NameUnknown, context.Repository.Value);
        }

        var page = Page(context, tags ?? context.Store.Manifests.Tags(context.Repository), $"/v2/{context.Repository}/tags/list");
        await context.JsonAsync(200, new TagList(context.Repository.Value, page), RegistryJson.Default.TagList).ConfigureAwait(false);
    }

    /// <summary>The tags that the upstream has; null, for those that are kept here, while it can't say.</summary>
    private static async Task<List<string>?> UpstreamTagsAsync(RegistryContext context, UpstreamRepository upstream)
    {
        try
        {
            var tags = await upstream.Upstream.AskAsync(upstream.Path, there => there.ListTagsAsync(context.Aborted)).ConfigureAwait(false);
            return [.. tags.Order(StringComparer.Ordinal)];
        }
        catch (UpstreamException exception)
        {
            return exception.IsUnavailable && context.Store.Manifests.RepositoryExists(context.Repository) ? null : throw context.Refused(exception, RegistryErrorCode.NameUnknown);
        }
    }

    internal static Task CatalogAsync(RegistryContext context)
    {
        RequireGet(context);
        var page = Page(context, [.. context.Store.ListRepositories().Where(Auth.RequestAccess.Of(context.Http).CanList)], "/v2/_catalog");
        return context.JsonAsync(200, new Catalog(page), RegistryJson.Default.Catalog);
    }

    internal static Task ReferrersAsync(RegistryContext context)
    {
        RequireGet(context);
        var subject = RegistryContext.ParseDigest(context.Route.Reference);
        IEnumerable<Descriptor> referrers = context.Store.Referrers.List(context.Repository, subject);
        if (context.Query("artifactType") is { } type)
        {
            referrers = referrers.Where(descriptor => descriptor.ArtifactType == type);
            context.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        }

        var index = new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [.. referrers] };
        return context.JsonAsync(200, index, OciJson.Plain.ImageIndex, MediaTypes.OciIndex);
    }

    /// <summary>Applies <c>n</c> and <c>last</c> to an ordered list and, where more follows, adds a <c>Link</c> to the next page.</summary>
    private static List<string> Page(RegistryContext context, List<string> all, string path)
    {
        var start = 0;
        if (context.Query("last") is { } last)
        {
            var found = all.BinarySearch(last, StringComparer.Ordinal);
            start = found < 0 ? ~found : found + 1;
        }

        var count = PageSize(context.Query("n")) ?? all.Count;
        var page = all.Skip(start).Take(count).ToList();
        if (page.Count > 0 && start + page.Count < all.Count)
        {
            context.Response.Headers.Link = $"<{path}?last={Uri.EscapeDataString(page[^1])}&n={count}>; rel=\"next\"";
        }

        return page;
    }

    private static int? PageSize(string? text) => text switch
    {
        null => null,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) => Math.Min(n, MaxPage),
        _ => throw new RegistryErrorException(RegistryErrorCode.PageInvalid, text),
    };

    private static void RequireGet(RegistryContext context)
    {
        if (context.Method is not ("GET" or "HEAD"))
        {
            throw new RegistryErrorException(RegistryErrorCode.Unsupported);
        }
    }
}
