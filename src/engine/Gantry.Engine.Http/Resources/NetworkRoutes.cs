using Gantry.Api;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/networks</c>.</summary>
internal static class NetworkRoutes
{
    internal static void Map(Router router)
    {
        router.Map("GET", "/networks", ListAsync);
        router.Map("GET", "/networks/", ListAsync);
        router.Map("POST", "/networks/create", CreateAsync);
        router.Map("POST", "/networks/prune", PruneAsync);
        router.Map("GET", "/networks/{id}", InspectAsync);
        router.Map("DELETE", "/networks/{id}", RemoveAsync);
        router.Map("POST", "/networks/{id}/connect", ConnectAsync);
        router.Map("POST", "/networks/{id}/disconnect", DisconnectAsync);
    }

    private static Task ListAsync(ApiRequest request) =>
        request.WriteJsonAsync([.. request.Engine.Networks.List(FilterSet.Parse(request.Query["filters"]))], ApiJson.Default.ListNetwork);

    private static Task InspectAsync(ApiRequest request)
    {
        _ = request.Query.StrictBool("verbose");
        return request.WriteJsonAsync(request.Engine.Networks.Inspect(request.Id, request.Query["scope"]), ApiJson.Default.Network);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        var body = await request.ReadJsonAsync(ApiJson.Default.NetworkCreateRequest).ConfigureAwait(false);
        if (request.Version < new ApiVersion(1, 48))
        {
            // IPv4 could not be switched off.
            body.EnableIPv4 = null;
        }

        var created = await request.Engine.Networks.CreateAsync(body).ConfigureAwait(false);
        await request.WriteJsonAsync(created, ApiJson.Default.NetworkCreateResponse, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static async Task RemoveAsync(ApiRequest request)
    {
        await request.Engine.Networks.RemoveAsync(request.Id).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task ConnectAsync(ApiRequest request)
    {
        var body = await request.ReadJsonAsync(ApiJson.Default.NetworkConnectRequest).ConfigureAwait(false);
        var container = RequireContainer(body.Container);
        await request.Engine.Networks.ConnectAsync(request.Id, container, body.EndpointConfig).ConfigureAwait(false);
        await request.StatusAsync(StatusCodes.Status200OK).ConfigureAwait(false);
    }

    private static async Task DisconnectAsync(ApiRequest request)
    {
        var body = await request.ReadJsonAsync(ApiJson.Default.NetworkDisconnectRequest).ConfigureAwait(false);
        var container = RequireContainer(body.Container);
        await request.Engine.Networks.DisconnectAsync(request.Id, container, body.Force == true).ConfigureAwait(false);
        await request.StatusAsync(StatusCodes.Status200OK).ConfigureAwait(false);
    }

    private static async Task PruneAsync(ApiRequest request)
    {
        var result = await request.Engine.Networks.PruneAsync(FilterSet.Parse(request.Query["filters"])).ConfigureAwait(false);
        await request.WriteJsonAsync(result, ApiJson.Default.NetworkPruneResponse).ConfigureAwait(false);
    }

    private static string RequireContainer(string? name) =>
        string.IsNullOrEmpty(name) ? throw GantryException.InvalidArgument("invalid name or ID supplied: \"\"") : name;
}
