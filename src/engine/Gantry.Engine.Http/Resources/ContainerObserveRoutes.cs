using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.Logs;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>Watching containers: logs, stats, top.</summary>
internal static class ContainerObserveRoutes
{
    internal static void Map(Router router)
    {
        router.Map("GET", "/containers/{id*}/logs", LogsAsync);
        router.Map("GET", "/containers/{id*}/stats", StatsAsync);
        router.Map("GET", "/containers/{id*}/top", TopAsync);
    }

    private static async Task LogsAsync(ApiRequest request)
    {
        var query = request.Query;
        if (!query.Bool("stdout") && !query.Bool("stderr"))
        {
            throw GantryException.InvalidArgument("Bad parameters: you must choose at least one stream");
        }

        request.Engine.Containers.CheckLogs(request.Id);
        var logs = new LogRequest
        {
            Stdout = query.Bool("stdout"),
            Stderr = query.Bool("stderr"),
            Follow = query.Bool("follow"),
            Timestamps = query.Bool("timestamps"),
            Details = query.Bool("details"),
            Since = Time(query["since"]),
            Until = Time(query["until"]),
            Tail = int.TryParse(query["tail"], NumberStyles.None, CultureInfo.InvariantCulture, out var tail) ? tail : null,
        };
        request.Response.ContentType = HijackedStream.TypeFor(request.Version, request.Engine.Containers.HasTerminal(request.Id));
        await request.Response.StartAsync(request.Aborted).ConfigureAwait(false);
        await request.Response.BodyWriter.FlushAsync(request.Aborted).ConfigureAwait(false);
        await request.Engine.Containers.WriteLogsAsync(request.Id, logs, request.Response.Body, request.Aborted).ConfigureAwait(false);
    }

    private static async Task StatsAsync(ApiRequest request)
    {
        var containers = request.Engine.Containers;
        containers.CheckExists(request.Id);
        var oneShot = request.Query.Bool("one-shot");
        if (!request.Query.Bool("stream", absent: true))
        {
            var sample = await containers.StatsOnceAsync(request.Id, oneShot, request.Aborted).ConfigureAwait(false);
            await request.WriteJsonAsync(sample, ApiJson.Default.ContainerStatsResponse).ConfigureAwait(false);
            return;
        }

        if (oneShot)
        {
            throw GantryException.InvalidArgument("cannot have stream=true and one-shot=true");
        }

        using var stream = new JsonStream(request.Context);
        await foreach (var sample in containers.StatsAsync(request.Id, request.Aborted).ConfigureAwait(false))
        {
            await stream.WriteAsync(sample.WriteTo).ConfigureAwait(false);
        }
    }

    private static async Task TopAsync(ApiRequest request)
    {
        var top = await request.Engine.Containers.TopAsync(request.Id, request.Query["ps_args"], request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(top, ApiJson.Default.ContainerTopResponse).ConfigureAwait(false);
    }

    /// <summary>Unix seconds; zero means not given.</summary>
    private static DateTimeOffset? Time(string text) => text is "" or "0" ? null
        : TimeFilter.TryParseUnix(text, out var time) ? time
        : throw TimeFilter.NotUnix(text);
}
