using System.Text;
using System.Text.Json.Serialization;
using Gantry.Engine.Containers.Checkpoints;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers/ID/checkpoints</c>: of an engine in experimental mode only, as with Docker, whose specification leaves them out.</summary>
internal static class CheckpointRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/containers/{id*}/checkpoints", request => Experimental(request, CreateAsync));
        router.Map("GET", "/containers/{id*}/checkpoints", request => Experimental(request, ListAsync));
        router.Map("DELETE", "/containers/{id}/checkpoints/{name}", request => Experimental(request, RemoveAsync));
    }

    private static Task Experimental(ApiRequest request, Func<ApiRequest, Task> handler) => request.Engine.Settings.Experimental
        ? handler(request)
        : throw GantryException.NotImplemented(
            "This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.");

    private static async Task CreateAsync(ApiRequest request)
    {
        var body = await request.ReadJsonAsync(CheckpointJson.Default.CheckpointRequest).ConfigureAwait(false);
        await request.Engine.Containers.CreateCheckpointAsync(request.Id, body).ConfigureAwait(false);
        await request.StatusAsync(StatusCodes.Status201Created).ConfigureAwait(false);
    }

    /// <summary>None at all are <c>null</c>.</summary>
    private static async Task ListAsync(ApiRequest request)
    {
        var list = request.Engine.Containers.ListCheckpoints(request.Id, request.Query["dir"]);
        if (list.Count > 0)
        {
            await request.WriteJsonAsync(list, CheckpointJson.Default.IReadOnlyListCheckpointSummary).ConfigureAwait(false);
            return;
        }

        request.Response.ContentType = Responses.Json;
        await request.Response.Body.WriteAsync(Encoding.ASCII.GetBytes("null\n"), request.Aborted).ConfigureAwait(false);
    }

    private static async Task RemoveAsync(ApiRequest request)
    {
        await request.Engine.Containers.RemoveCheckpointAsync(request.Id, request.Query["dir"], request.Name).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }
}

[JsonSerializable(typeof(CheckpointRequest))]
[JsonSerializable(typeof(IReadOnlyList<CheckpointSummary>))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
