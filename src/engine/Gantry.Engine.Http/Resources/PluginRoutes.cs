using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>Managed plugins' paths, answered as by an engine that has none; they can't be installed.</summary>
internal static class PluginRoutes
{
    private static readonly (string Method, string Path)[] s_ofOne =
    [
        ("GET", "/plugins/{id*}/json"), ("DELETE", "/plugins/{id*}"), ("POST", "/plugins/{id*}/enable"), ("POST", "/plugins/{id*}/disable"),
        ("POST", "/plugins/{id*}/push"), ("POST", "/plugins/{id*}/set"), ("POST", "/plugins/{id*}/upgrade"),
    ];

    internal static void Map(Router router)
    {
        router.Map("GET", "/plugins", request => request.WriteJsonAsync([], ApiJson.Default.ListPlugin));
        router.Map("POST", "/plugins/pull", NotAvailable);
        router.Map("POST", "/plugins/create", NotAvailable);
        router.Map("GET", "/plugins/privileges", NotAvailable);
        foreach (var (method, path) in s_ofOne)
        {
            router.Map(method, path, request => throw GantryException.NotFound($"plugin \"{request.Id}\" not found"));
        }
    }

    private static Task NotAvailable(ApiRequest request) => throw GantryException.NotImplemented("plugins are not available in this version");
}
