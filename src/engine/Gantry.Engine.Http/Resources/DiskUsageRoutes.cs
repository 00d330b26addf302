using Gantry.Api;
using Gantry.Engine.Daemon;
using Gantry.Engine.Http.Routing;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>GET /system/df</c>.</summary>
internal static class DiskUsageRoutes
{
    internal static void Map(Router router) => router.Map("GET", "/system/df", MeasureAsync);

    private static async Task MeasureAsync(ApiRequest request)
    {
        var kinds = DiskUsageService.ParseKinds(request.Query.All("type"));
        var usage = await Task.Run(() => request.Engine.DiskUsage.Measure(kinds), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(usage, ApiJson.Default.SystemDataUsageResponse).ConfigureAwait(false);
    }
}
