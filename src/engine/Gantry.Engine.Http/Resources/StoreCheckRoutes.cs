using System.Text.Json.Serialization;
using Gantry.Engine.Http.Routing;
using Gantry.Images.Check;

namespace Gantry.Engine.Http.Resources;

/// <summary>
/// <c>POST /gantry/check?repair=1</c>, not Docker's: reads the image store, answers with a <see cref="StoreReport"/>. Paths of our own begin with
/// /gantry.
/// </summary>
internal static class StoreCheckRoutes
{
    internal static void Map(Router router) => router.Map("POST", "/gantry/check", CheckAsync);

    private static async Task CheckAsync(ApiRequest request)
    {
        var report = await request.Engine.Images.CheckAsync(request.Query.Bool("repair"), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(report, StoreCheckJson.Default.StoreReport).ConfigureAwait(false);
    }
}

[JsonSerializable(typeof(StoreReport))]
internal sealed partial class StoreCheckJson : JsonSerializerContext;
