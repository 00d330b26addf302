using Gantry.Linux;
using Gantry.RegistryServer.Auth;
using Gantry.RegistryServer.Monitoring;
using Gantry.RegistryServer.Proxy;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Http;

/// <summary>Takes each request to its endpoint; the only place where failures become answers.</summary>
internal sealed class RegistryApplication(
    RegistryStore store, RegistryServerOptions options, AccessControl access, TokenEndpoint? tokens, RegistryMetrics metrics, Webhook? webhook, PullThrough? pullThrough)
{
    internal async Task HandleAsync(HttpContext http)
    {
        var context = new RegistryContext(http, store, options, RegistryRoute.Parse(http.Request.Path.Value ?? string.Empty))
        {
            Metrics = metrics,
            Webhook = webhook,
            PullThrough = pullThrough,
        };
        metrics.Begin();
        try
        {
            await AnswerAsync(http, context).ConfigureAwait(false);
        }
        finally
        {
            metrics.End(context.Method, context.Route.Kind, http.Response.StatusCode);
        }
    }

    private async Task AnswerAsync(HttpContext http, RegistryContext context)
    {
        http.Response.Headers["Docker-Distribution-API-Version"] = "registry/2.0";
        try
        {
            await DispatchAsync(pullThrough is null ? context : context with { Route = pullThrough.Upstreams.WithNamespace(context.Route, context.Query("ns")) }).ConfigureAwait(false);
        }
        catch (RegistryErrorException exception) when (!http.Response.HasStarted)
        {
            await context.ErrorAsync(exception.Code, exception.Detail).ConfigureAwait(false);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; what it sent of an upload is kept.
            http.Abort();
        }
        catch (BadHttpRequestException exception) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = exception.StatusCode;
        }
        catch (UpstreamException)
        {
            // Told by the fetch itself, for all who waited for it. This one's answer is cut, so that nobody takes it for whole.
            http.Abort();
        }
        catch (Exception exception)
        {
            await FailAsync(context, exception).ConfigureAwait(false);
        }
    }

    private async Task DispatchAsync(RegistryContext context)
    {
        var kind = context.Route.Kind;
        if (kind == RouteKind.None || (kind == RouteKind.Token && tokens is null))
        {
            throw new RegistryErrorException(RegistryErrorCode.NotFound);
        }

        if (kind is RouteKind.Health or RouteKind.Metrics)
        {
            await MonitoringEndpoints.HandleAsync(context).ConfigureAwait(false);
            return;
        }

        if (kind == RouteKind.Token)
        {
            await tokens!.HandleAsync(context).ConfigureAwait(false);
            return;
        }

        await access.CheckAsync(context).ConfigureAwait(false);
        if (options.ReadOnly && context.Method is not ("GET" or "HEAD"))
        {
            throw new RegistryErrorException(RegistryErrorCode.Unsupported, "the registry is read-only");
        }

        if (context.Method is "POST" or "PUT" or "PATCH")
        {
            Own(context);
        }

        await (kind switch
        {
            RouteKind.Base => context.Method is "GET" or "HEAD" ? BaseAsync(context) : throw new RegistryErrorException(RegistryErrorCode.Unsupported),
            RouteKind.Catalog => ListEndpoints.CatalogAsync(context),
            RouteKind.Tags => ListEndpoints.TagsAsync(context),
            RouteKind.Referrers => ListEndpoints.ReferrersAsync(context),
            RouteKind.Manifest => ManifestEndpoints.HandleAsync(context),
            RouteKind.Blob => BlobEndpoints.HandleAsync(context),
            RouteKind.Uploads => UploadEndpoints.HandleCollectionAsync(context),
            _ => UploadEndpoints.HandleSessionAsync(context),
        }).ConfigureAwait(false);
    }

    /// <summary>What is sent here belongs to a repository of our own; copies of others' are changed where they come from.</summary>
    /// <exception cref="RegistryErrorException">DENIED.</exception>
    private void Own(RegistryContext context)
    {
        if (context.Upstream is { } upstream && (upstream.Upstream.Prefix.Length > 0 || store.Origins.IsCache(context.Repository)))
        {
            throw new RegistryErrorException(RegistryErrorCode.Denied, $"{context.Repository} is a copy of {upstream.Upstream.Address}");
        }

        if (store.Origins.IsCache(context.Repository))
        {
            store.Origins.MakeLocal(context.Repository);
        }
    }

    private static async Task BaseAsync(RegistryContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 2;
        if (!context.IsHead)
        {
            await context.Response.Body.WriteAsync("{}"u8.ToArray(), context.Aborted).ConfigureAwait(false);
        }
    }

    /// <summary>A failure of ours: logged, and told without its inside. A response already under way is cut, so that nobody takes it for whole.</summary>
    private async Task FailAsync(RegistryContext context, Exception exception)
    {
        options.Log?.Invoke($"{context.Method} {context.Request.Path}: {exception}");
        if (context.Response.HasStarted)
        {
            context.Http.Abort();
            return;
        }

        await context.ErrorAsync(IsFull(exception) ? RegistryErrorCode.StorageFull : RegistryErrorCode.Unknown, null).ConfigureAwait(false);
    }

    private static bool IsFull(Exception exception) =>
        exception is LinuxException { Errno: Errno.ENOSPC or Errno.EDQUOT } or IOException { HResult: Errno.ENOSPC or Errno.EDQUOT };
}
