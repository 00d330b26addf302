using Gantry.Engine.Containers;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Http.Streams;
using Gantry.Engine.Streams;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers/ID/attach</c>: a container's stdio over the request's own connection or, with <c>/ws</c>, a web socket.</summary>
internal static class ContainerStreamRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/containers/{id*}/attach", AttachAsync);
        router.Map("GET", "/containers/{id*}/attach/ws", AttachWebSocketAsync);
    }

    private static async Task AttachAsync(ApiRequest request)
    {
        AttachSession session;
        try
        {
            session = request.Engine.Containers.Attach(request.Id, Asked(request));
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
                await RunAsync(session, connection.Input, connection.Output, connection.Gone).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Output and error come as they are, without frames, in binary messages. The client's close ends the session, not the process's stdin.</summary>
    private static async Task AttachWebSocketAsync(ApiRequest request)
    {
        var asked = Asked(request);
        var session = request.Engine.Containers.Attach(request.Id, asked);
        await using (session.ConfigureAwait(false))
        {
            if (WebSocketHandshake.Refusal(request.Http) is { } reason)
            {
                await WebSocketHandshake.RefuseAsync(request, reason).ConfigureAwait(false);
                return;
            }

            var socket = await WebSocketSession.AcceptAsync(request, asked.Stdin).ConfigureAwait(false);
            await using (socket.ConfigureAwait(false))
            {
                var output = session.IsRaw ? socket.Output : new UnframingStream(socket.Output);
                await using (output.ConfigureAwait(false))
                {
                    await RunAsync(session, socket.Input, output, socket.Closed).ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task RunAsync(AttachSession session, Stream input, Stream output, CancellationToken closed)
    {
        try
        {
            await session.RunAsync(input, output, closed).ConfigureAwait(false);
        }
        catch (Exception e) when (closed.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client closed: that is how such a session ends.
        }
    }

    private static AttachRequest Asked(ApiRequest request)
    {
        var query = request.Query;
        return new AttachRequest
        {
            Stdin = query.Bool("stdin"),
            Stdout = query.Bool("stdout"),
            Stderr = query.Bool("stderr"),
            Stream = query.Bool("stream"),
            Logs = query.Bool("logs"),
            DetachKeys = query["detachKeys"],
        };
    }
}
