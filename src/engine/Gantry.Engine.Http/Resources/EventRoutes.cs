using Gantry.Engine.Events;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>GET /events</c>.</summary>
internal static class EventRoutes
{
    internal static void Map(Router router) => router.Map("GET", "/events", StreamAsync);

    private static async Task StreamAsync(ApiRequest request)
    {
        var since = Nanoseconds(request.Query["since"]);
        var until = Nanoseconds(request.Query["until"]);
        if (since is { } s && until is { } u && s > u)
        {
            throw GantryException.InvalidArgument($"`since` time ({request.Query["since"]}) cannot be after `until` time ({request.Query["until"]})");
        }

        var filter = new EventFilter(FilterSet.Parse(request.Query["filters"]));
        using var stream = new JsonStream(request.Context);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        var left = until is { } limit ? TimeSpan.FromMilliseconds((limit - Now()) / 1_000_000) : Timeout.InfiniteTimeSpan;
        await stream.BeginAsync().ConfigureAwait(false);
        if (until is { } past && left <= TimeSpan.Zero)
        {
            foreach (var entry in request.Engine.Events.Past(since ?? 0, past).Where(filter.Matches))
            {
                await stream.WriteAsync(entry, EventJson.Default.EngineEvent).ConfigureAwait(false);
            }

            return;
        }

        if (until is not null)
        {
            end.CancelAfter(left);
        }

        await FollowAsync(request, filter, stream, since, end.Token).ConfigureAwait(false);
    }

    private static async Task FollowAsync(ApiRequest request, EventFilter filter, JsonStream stream, long? since, CancellationToken end)
    {
        try
        {
            await foreach (var entry in request.Engine.Events.SubscribeAsync(since, end).ConfigureAwait(false))
            {
                if (filter.Matches(entry))
                {
                    await stream.WriteAsync(entry, EventJson.Default.EngineEvent).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (!request.Aborted.IsCancellationRequested)
        {
            // The time the client asked for is over.
            return;
        }
    }

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static long? Nanoseconds(string text) => text.Length == 0 ? null
        : TimeFilter.TryParseUnix(text, out var time) ? (time - DateTimeOffset.UnixEpoch).Ticks * 100
        : throw TimeFilter.NotUnix(text);
}
