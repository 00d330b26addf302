using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers/ID/exec</c> and <c>/exec</c>.</summary>
internal static class ExecRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/containers/{id}/exec", CreateAsync);
        router.Map("POST", "/exec/{id}/start", StartAsync);
        router.Map("POST", "/exec/{id}/resize", ResizeAsync);
        router.Map("GET", "/exec/{id}/json", InspectAsync);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        var body = await request.ReadJsonAsync(ApiJson.Default.ExecCreateRequest).ConfigureAwait(false);
        var id = request.Engine.Execs.Create(request.Id, body);
        await request.WriteJsonAsync(new IDResponse { Id = id }, ApiJson.Default.IDResponse, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static async Task StartAsync(ApiRequest request)
    {
        var body = await request.ReadOptionalJsonAsync(ApiJson.Default.ExecStartRequest).ConfigureAwait(false) ?? new ExecStartRequest();
        var session = request.Engine.Execs.Begin(request.Id, body);
        if (body.Detach == true)
        {
            await session.RunDetachedAsync().ConfigureAwait(false);
            await request.StatusAsync(StatusCodes.Status200OK).ConfigureAwait(false);
            return;
        }

        var type = HijackedStream.TypeFor(request.Version, session.IsRaw);
        var connection = await HijackedStream.BeginAsync(request, type, CancellationToken.None).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await session.RunAsync(connection.Input, connection.Output, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task ResizeAsync(ApiRequest request)
    {
        var (rows, columns) = TerminalSize.Parse(request.Query);
        await request.Engine.Execs.ResizeAsync(request.Id, rows, columns).ConfigureAwait(false);
        await request.StatusAsync(StatusCodes.Status200OK).ConfigureAwait(false);
    }

    private static Task InspectAsync(ApiRequest request) =>
        request.WriteJsonAsync(request.Engine.Execs.Inspect(request.Id), ApiJson.Default.ExecInspectResponse);
}
