using System.Collections.ObjectModel;
using Gantry.Engine.Daemon;
using Gantry.Engine.Diagnostics;
using Gantry.Engine.Http.Authorization;
using Gantry.Engine.Http.Grpc;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Hosting;

/// <summary>What Kestrel calls for every request: version check, route, handler, and the one place where failures become responses.</summary>
internal sealed class ApiApplication(Router router, GrpcServer grpc, EngineHost engine, AuthorizationGate gate, MemoryRest memory, EngineLog log)
    : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        engine.Daemon.RequestBegan();
        return new DefaultHttpContext(contextFeatures);
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        engine.Daemon.RequestEnded();
        memory.Used();
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        try
        {
            if (HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                await grpc.ServeAsync(context).ConfigureAwait(false);
                return;
            }

            await DispatchAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (IsDisconnect(context, e))
        {
            log.Debug("client went away", ("path", context.Request.Path));
        }
        catch (Exception e)
        {
            await AnswerAsync(context, e).ConfigureAwait(false);
        }
    }

    private Task DispatchAsync(HttpContext context)
    {
        var target = RequestTarget.Parse(context);
        if (target.Redirect is { } redirect)
        {
            context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
            context.Response.Headers.Location = redirect;
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        }

        var (handler, values) = HttpMethods.IsOptions(context.Request.Method)
            ? (OptionsAsync, ReadOnlyDictionary<string, string>.Empty)
            : router.Find(context.Request.Method, target.Segments);
        if (handler is null)
        {
            return Responses.WriteErrorAsync(context, StatusCodes.Status404NotFound, "page not found");
        }

        Responses.SetCommonHeaders(context);
        if (target.Version is { } version && version > ApiVersion.Current)
        {
            throw GantryException.InvalidArgument($"client version {target.VersionText} is too new. Maximum supported API version is {ApiVersion.Current}");
        }

        if (target.Version is { } old && old < ApiVersion.Minimum)
        {
            // Clients of that age print what they get as it is.
            return Responses.WriteTextErrorAsync(
                context,
                StatusCodes.Status400BadRequest,
                $"client version {target.VersionText} is too old. Minimum supported API version is {ApiVersion.Minimum}, please upgrade your client to a newer version");
        }

        context.Response.Headers["Docker-Experimental"] = engine.Settings.Experimental ? "true" : "false";
        log.Debug("handling request", ("method", context.Request.Method), ("path", target.Path));
        return gate.ServeAsync(context, () => handler(new ApiRequest(context, target.Version ?? ApiVersion.Current, values, engine)));
    }

    /// <summary>Every path has the OPTIONS method.</summary>
    private static Task OptionsAsync(ApiRequest request) => request.StatusAsync(StatusCodes.Status200OK);

    /// <summary>A response that has begun can't turn into an error: the connection is cut so that the client sees the stream is not whole.</summary>
    private async Task AnswerAsync(HttpContext context, Exception exception)
    {
        var (status, message) = ErrorMap.Describe(exception);
        if (status >= 500 && exception is not GantryException { Kind: not ErrorKind.Internal })
        {
            log.Error("request failed", ("method", context.Request.Method), ("path", context.Request.Path), ("error", exception));
        }

        if (context.Response.HasStarted || context.Features.Get<HijackableConnection>() is { IsHijacked: true })
        {
            log.Warn("stream cut by a failure", ("path", context.Request.Path), ("error", exception.Message));
            context.Abort();
            return;
        }

        await Responses.WriteErrorAsync(context, status, message).ConfigureAwait(false);
    }

    private static bool IsDisconnect(HttpContext context, Exception exception) =>
        context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException or ObjectDisposedException;
}
