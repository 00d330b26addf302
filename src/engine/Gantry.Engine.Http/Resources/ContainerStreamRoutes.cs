using Gantry.Engine.Containers;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers/ID/attach</c>: a container's stdio over the request's own connection.</summary>
internal static class ContainerStreamRoutes
{
    internal static void Map(Router router) => router.Map("POST", "/containers/{id}/attach", AttachAsync);

    private static async Task AttachAsync(ApiRequest request)
    {
        AttachSession session;
        try
        {
            session = Begin(request);
        }
        catch (GantryException e)
        {
            await HijackedStream.FailAsync(request, e, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        await using (session.ConfigureAwait(false))
        {
            var connection = await HijackedStream.BeginAsync(request, session.IsRaw, withHeaders: false, CancellationToken.None).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                await session.RunAsync(connection.Input, connection.Output, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static AttachSession Begin(ApiRequest request) => request.Engine.Containers.Attach(request.Id, new AttachRequest
    {
        Stdin = request.Query.Bool("stdin"),
        Stdout = request.Query.Bool("stdout"),
        Stderr = request.Query.Bool("stderr"),
        Stream = request.Query.Bool("stream"),
        Logs = request.Query.Bool("logs"),
        DetachKeys = request.Query["detachKeys"],
    });
}
