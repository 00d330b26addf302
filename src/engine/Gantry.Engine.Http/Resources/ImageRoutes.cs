using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/images</c>: looking at, naming and removing.</summary>
internal static class ImageRoutes
{
    private static readonly ApiVersion s_manifests = new(1, 47);

    internal static void Map(Router router)
    {
        router.Map("GET", "/images/json", ListAsync);
        router.Map("GET", "/images/search", SearchAsync);
        router.Map("POST", "/images/prune", PruneAsync);
        router.Map("GET", "/images/{name*}/json", InspectAsync);
        router.Map("GET", "/images/{name*}/history", HistoryAsync);
        router.Map("POST", "/images/{name*}/tag", TagAsync);
        router.Map("DELETE", "/images/{name*}", RemoveAsync);
    }

    private static Task ListAsync(ApiRequest request)
    {
        var filters = FilterSet.Parse(request.Query["filters"]);
        if (request.Query["filter"] is { Length: > 0 } reference && request.Version < new ApiVersion(1, 41))
        {
            filters = filters.With("reference", reference);
        }

        var images = request.Engine.Images.List(request.Query.Bool("all"), request.Query.Bool("shared-size"), filters, request.Version >= s_manifests && request.Query.Bool("manifests"));
        return request.WriteJsonAsync(LegacyImages.Adjust(request.Version, images), ApiJson.Default.ListImageSummary);
    }

    private static Task InspectAsync(ApiRequest request)
    {
        var platform = PlatformQuery.One(request, new ApiVersion(1, 49));
        var manifests = request.Version >= new ApiVersion(1, 48) && request.Query.Bool("manifests");
        if (manifests && platform is not null)
        {
            throw GantryException.InvalidArgument("conflicting options: manifests and platform options cannot both be set");
        }

        return LegacyImages.WriteAsync(request, request.Engine.Images.Inspect(request.Name, platform, manifests));
    }

    private static Task HistoryAsync(ApiRequest request) =>
        request.WriteJsonAsync([.. request.Engine.Images.History(request.Name, PlatformQuery.One(request, new ApiVersion(1, 48)))], ApiJson.Default.ListImageHistoryItem);

    private static Task TagAsync(ApiRequest request)
    {
        request.Engine.Images.Tag(request.Name, request.Query["repo"], request.Query["tag"]);
        return request.StatusAsync(StatusCodes.Status201Created);
    }

    private static async Task RemoveAsync(ApiRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Name))
        {
            throw GantryException.InvalidArgument("image name cannot be blank");
        }

        var platform = PlatformQuery.OnlyOf(request, new ApiVersion(1, 50));
        request.Engine.Images.Require(request.Name, platform);
        var removed = await request.Engine.Images.RemoveAsync(request.Name, request.Query.Bool("force"), !request.Query.Bool("noprune"), platform).ConfigureAwait(false);
        await request.WriteJsonAsync([.. removed], ApiJson.Default.ListImageDeleteResponseItem).ConfigureAwait(false);
    }

    private static async Task PruneAsync(ApiRequest request)
    {
        var result = await request.Engine.Images.PruneAsync(FilterSet.Parse(request.Query["filters"]), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(result, ApiJson.Default.ImagePruneResponse).ConfigureAwait(false);
    }

    private static async Task SearchAsync(ApiRequest request)
    {
        var query = request.Query;
        var limit = 0;
        if (query["limit"] is { Length: > 0 } text && (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out limit) || limit < 0))
        {
            throw GantryException.InvalidArgument(limit < 0 ? "invalid limit specified" : $"invalid limit specified: strconv.Atoi: parsing \"{text}\": invalid syntax");
        }

        var found = await request.Engine.Transfers.SearchAsync(query["term"], limit, FilterSet.Parse(query["filters"]), RegistryAuth.One(request), request.Aborted)
            .ConfigureAwait(false);
        await request.WriteJsonAsync([.. found], ApiJson.Default.ListImageSearchResult).ConfigureAwait(false);
    }
}
