using Gantry.Engine.Containers;
using Gantry.Engine.Http.Routing;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers/ID/attach</c>: a container's stdio over the request's own connection.</summary>
internal static class ContainerStreamRoutes
{
    internal static void Map(Router router) => router.Map("POST", "/containers/{id}/attach", AttachAsync);

    private static async Task AttachAsync(ApiRequest request)
    {
        var query = request.Query;
        var session = request.Engine.Containers.Attach(request.Id, new AttachRequest
        {
            Stdin = query.Bool("stdin"),
            Stdout = query.Bool("stdout"),
            Stderr = query.Bool("stderr"),
            Stream = query.Bool("stream"),
            Logs = query.Bool("logs"),
            DetachKeys = query["detachKeys"],
        });
        await using (session.ConfigureAwait(false))
        {
            var type = HijackedStream.TypeFor(request.Version, session.IsRaw);
            var connection = await HijackedStream.BeginAsync(request, type, CancellationToken.None).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                await session.RunAsync(connection.Input, connection.Output, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
