using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers/ID/</c>: start, stop, restart, kill, pause, unpause, wait.</summary>
internal static class ContainerLifecycleRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/containers/{id*}/start", StartAsync);
        router.Map("POST", "/containers/{id*}/stop", StopAsync);
        router.Map("POST", "/containers/{id*}/restart", RestartAsync);
        router.Map("POST", "/containers/{id*}/kill", KillAsync);
        router.Map("POST", "/containers/{id*}/pause", PauseAsync);
        router.Map("POST", "/containers/{id*}/unpause", UnpauseAsync);
        router.Map("POST", "/containers/{id*}/wait", WaitAsync);
    }

    private static async Task StartAsync(ApiRequest request)
    {
        var checkpoint = request.Query["checkpoint"];
        if (checkpoint.Length > 0 && !request.Engine.Settings.Experimental)
        {
            throw GantryException.InvalidArgument("checkpoint is only supported in experimental mode");
        }

        // Old clients send an empty object or null, which is let pass.
        if (request.HasBody && request.Http.ContentLength is null or > 7)
        {
            throw GantryException.InvalidArgument("starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24");
        }

        await request.Engine.Containers.StartAsync(request.Id, checkpoint, request.Query["checkpoint-dir"]).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task StopAsync(ApiRequest request)
    {
        await request.Engine.Containers.StopAsync(request.Id, request.Query["signal"], request.Query.Int("t")).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task RestartAsync(ApiRequest request)
    {
        await request.Engine.Containers.RestartAsync(request.Id, request.Query["signal"], request.Query.Int("t")).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task KillAsync(ApiRequest request)
    {
        await request.Engine.Containers.KillAsync(request.Id, request.Query["signal"]).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task PauseAsync(ApiRequest request)
    {
        await request.Engine.Containers.PauseAsync(request.Id).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task UnpauseAsync(ApiRequest request)
    {
        await request.Engine.Containers.UnpauseAsync(request.Id).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    /// <summary>The head of the response goes out at once: a client starts the container when it has seen it.</summary>
    private static async Task WaitAsync(ApiRequest request)
    {
        var wait = request.Engine.Containers.Wait(request.Id, Condition(request), request.Aborted);
        request.Response.ContentType = Responses.Json;
        await request.Response.StartAsync(request.Aborted).ConfigureAwait(false);
        await request.Response.BodyWriter.FlushAsync(request.Aborted).ConfigureAwait(false);
        var result = await wait.ConfigureAwait(false);
        var body = new ContainerWaitResponse
        {
            StatusCode = result.ExitCode,
            Error = result.Error is null ? null : new ContainerWaitExitError { Message = result.Error },
        };
        await JsonSerializer.SerializeAsync(request.Response.BodyWriter, body, ApiJson.Default.ContainerWaitResponse, request.Aborted).ConfigureAwait(false);
        await request.Response.BodyWriter.WriteAsync("\n"u8.ToArray(), request.Aborted).ConfigureAwait(false);
    }

    /// <summary>Before 1.30 there was only one condition.</summary>
    private static WaitCondition Condition(ApiRequest request) =>
        request.Version < new ApiVersion(1, 30) ? WaitCondition.NotRunning : request.Query["condition"] switch
        {
            "" or "not-running" => WaitCondition.NotRunning,
            "next-exit" => WaitCondition.NextExit,
            "removed" => WaitCondition.Removed,
            var other => throw GantryException.InvalidArgument($"invalid condition: \"{other}\""),
        };
}
