using Gantry.Engine.Http.Grpc;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>POST /grpc</c> and <c>POST /session</c>: connections that turn into HTTP/2, with the engine as server of the one and client of the other.</summary>
internal static class BuildKitRoutes
{
    private const string Protocol = "h2c";
    private const string Head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

    internal static void Map(Router router, UpgradedConnections upgraded)
    {
        router.Map("POST", "/grpc", request => ServeAsync(request, upgraded));
        router.Map("POST", "/session", SessionAsync);
    }

    private static async Task ServeAsync(ApiRequest request, UpgradedConnections upgraded)
    {
        CheckUpgrade(request, ErrorKind.Internal);
        var stream = await HijackedStream.BeginWithHeadAsync(request, Head, CancellationToken.None).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            await stream.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            await upgraded.ServeAsync(new UpgradedConnection(request.Context.Connection.Id + ":grpc", stream.Input, stream.Output)).ConfigureAwait(false);
        }
    }

    private static async Task SessionAsync(ApiRequest request)
    {
        CheckUpgrade(request, ErrorKind.InvalidArgument);
        var headers = request.Http.Headers;
        var id = headers["X-Docker-Expose-Session-Uuid"].ToString();
        var methods = headers["X-Docker-Expose-Session-Grpc-Method"].OfType<string>().ToList();
        var sessions = request.Engine.Builds.Jobs.Sessions;
        sessions.CheckNew(id);
        var stream = await HijackedStream.BeginWithHeadAsync(request, Head, CancellationToken.None).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            await stream.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            await sessions.ServeAsync(id, headers["X-Docker-Expose-Session-Sharedkey"].ToString(), methods, stream.Input, stream.Output, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <param name="kind">Docker calls it the client's mistake on <c>/session</c> only.</param>
    private static void CheckUpgrade(ApiRequest request, ErrorKind kind)
    {
        var protocol = request.Http.Headers.Upgrade.ToString();
        if (protocol != Protocol)
        {
            throw new GantryException(kind, protocol.Length == 0 ? "no upgrade proto in request" : $"protocol {protocol} not supported");
        }
    }
}
