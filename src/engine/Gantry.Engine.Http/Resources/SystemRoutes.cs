using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/_ping</c>, <c>/version</c>, <c>/info</c>.</summary>
internal static class SystemRoutes
{
    internal static void Map(Router router)
    {
        router.Map("GET", "/_ping", PingAsync);
        router.Map("HEAD", "/_ping", PingAsync);
        router.Map("GET", "/version", VersionAsync);
        router.Map("GET", "/info", InfoAsync);
    }

    private static Task PingAsync(ApiRequest request)
    {
        var headers = request.Response.Headers;
        headers["Builder-Version"] = request.Engine.Daemon.BuilderVersion;
        headers["Swarm"] = "inactive";
        headers.CacheControl = "no-cache, no-store, must-revalidate";
        headers.Pragma = "no-cache";
        request.Response.ContentType = "text/plain; charset=utf-8";
        if (HttpMethods.IsHead(request.Http.Method))
        {
            request.Response.ContentLength = 0;
            return Task.CompletedTask;
        }

        request.Response.ContentLength = 2;
        return request.Response.BodyWriter.WriteAsync("OK"u8.ToArray(), request.Aborted).AsTask();
    }

    private static Task VersionAsync(ApiRequest request)
    {
        var version = request.Engine.Daemon.Version(ApiVersion.Current.ToString(), ApiVersion.Minimum.ToString());
        return request.WriteJsonAsync(version, ApiJson.Default.SystemVersion);
    }

    private static Task InfoAsync(ApiRequest request)
    {
        var described = request.Engine.Daemon.Info();
        if (request.Version < new ApiVersion(1, 49))
        {
            described.FirewallBackend = null;
        }

        var info = JsonSerializer.SerializeToNode(described, ApiJson.Default.SystemInfo)!;
        LegacyInfo.Adjust(info.AsObject(), request.Version);
        return Responses.WriteNodeAsync(request.Context, info);
    }
}
