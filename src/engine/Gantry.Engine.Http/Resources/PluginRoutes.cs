using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/plugins</c>, answered as by an engine that has none: managed plugins are not available.</summary>
internal static class PluginRoutes
{
    internal static void Map(Router router)
    {
        router.Map("GET", "/plugins", ListAsync);
        router.Map("GET", "/plugins/privileges", NotAvailable);
        router.Map("POST", "/plugins/pull", NotAvailable);
        router.Map("POST", "/plugins/create", NotAvailable);
        router.Map("GET", "/plugins/{name*}/json", NotFound);
        router.Map("DELETE", "/plugins/{name*}", NotFound);
        router.Map("POST", "/plugins/{name*}/enable", EnableAsync);
        foreach (var action in new[] { "disable", "set", "push", "upgrade" })
        {
            router.Map("POST", "/plugins/{name*}/" + action, NotFound);
        }
    }

    private static Task ListAsync(ApiRequest request)
    {
        FilterSet.Parse(request.Query["filters"]).Validate("capability", "enabled");
        return Responses.WriteNodeAsync(request.Context, new System.Text.Json.Nodes.JsonArray());
    }

    private static Task EnableAsync(ApiRequest request) => request.Query.Int("timeout") is null
        ? throw GantryException.Internal("strconv.Atoi: parsing \"\": invalid syntax")
        : NotFound(request);

    private static Task NotFound(ApiRequest request) => throw GantryException.NotFound($"plugin \"{request.Name}\" not found");

    private static Task NotAvailable(ApiRequest request) => throw GantryException.NotImplemented("plugins are not available in this version");
}
