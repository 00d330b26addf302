using Gantry.Api;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/volumes</c>.</summary>
internal static class VolumeRoutes
{
    internal static void Map(Router router)
    {
        router.Map("GET", "/volumes", ListAsync);
        router.Map("POST", "/volumes/create", CreateAsync);
        router.Map("POST", "/volumes/prune", PruneAsync);
        router.Map("GET", "/volumes/{name*}", InspectAsync);
        router.Map("DELETE", "/volumes/{name*}", RemoveAsync);
        router.Map("PUT", "/volumes/{name*}", _ => throw GantryException.Unavailable(
            "volume update only valid for cluster volumes, but swarm is unavailable"));
    }

    private static Task ListAsync(ApiRequest request)
    {
        try
        {
            return request.WriteJsonAsync(request.Engine.Volumes.List(FilterSet.Parse(request.Query["filters"])), ApiJson.Default.VolumeListResponse);
        }
        catch (GantryException e) when (e.Message == FilterSet.Malformed)
        {
            throw GantryException.InvalidArgument("error reading volume filters: " + e.Message, e);
        }
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        var body = await request.ReadOptionalJsonAsync(ApiJson.Default.VolumeCreateOptions).ConfigureAwait(false) ?? new VolumeCreateOptions();
        await request.WriteJsonAsync(request.Engine.Volumes.Create(body), ApiJson.Default.Volume, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static Task InspectAsync(ApiRequest request) => request.WriteJsonAsync(request.Engine.Volumes.Inspect(request.Name), ApiJson.Default.Volume);

    private static Task RemoveAsync(ApiRequest request)
    {
        request.Engine.Volumes.Remove(request.Name, request.Query.Bool("force"));
        return request.NoContentAsync();
    }

    /// <summary>Before 1.42 pruning took named volumes too.</summary>
    private static Task PruneAsync(ApiRequest request)
    {
        var filters = FilterSet.Parse(request.Query["filters"]);
        if (request.Version < new ApiVersion(1, 42) && !filters.Has("all"))
        {
            filters = filters.With("all", "true");
        }

        return request.WriteJsonAsync(request.Engine.Volumes.Prune(filters), ApiJson.Default.VolumePruneResponse);
    }
}
