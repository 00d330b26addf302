using Gantry.Api;
using Gantry.Engine.Exec;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers/ID/exec</c> and <c>/exec</c>.</summary>
internal static class ExecRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/containers/{id*}/exec", CreateAsync);
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
        request.Engine.Execs.CheckStartable(request.Id);
        if (body.Detach == true)
        {
            await request.Engine.Execs.Begin(request.Id, body).RunDetachedAsync().ConfigureAwait(false);
            await request.StatusAsync(StatusCodes.Status200OK).ConfigureAwait(false);
            return;
        }

        // The stream's form is what the client of the start asks for, not what the exec was made with.
        var connection = await HijackedStream.BeginAsync(request, body.Tty == true, withHeaders: true, CancellationToken.None).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await RunAsync(request, body, connection).ConfigureAwait(false);
        }
    }

    /// <summary>From here on a failure is text on the stream.</summary>
    private static async Task RunAsync(ApiRequest request, ExecStartRequest body, HijackedStream connection)
    {
        try
        {
            await request.Engine.Execs.Begin(request.Id, body).RunAsync(connection.Input, connection.Output, CancellationToken.None).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            await ExecSession.WriteFailureAsync(connection.Output, body.Tty == true, e.Message, CancellationToken.None).ConfigureAwait(false);
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
