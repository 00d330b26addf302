using System.Text;
using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Http;

/// <summary><c>/healthz</c>, and <c>/metrics</c> where it is turned on; neither asks who is there.</summary>
internal static class MonitoringEndpoints
{
    internal static Task HandleAsync(RegistryContext context)
    {
        if (context.Method is not ("GET" or "HEAD"))
        {
            throw new RegistryErrorException(RegistryErrorCode.Unsupported);
        }

        return context.Route.Kind == RouteKind.Health ? HealthAsync(context)
            : context.Options.Metrics ? TextAsync(context, StatusCodes.Status200OK, context.Metrics.Format(), "application/openmetrics-text; version=1.0.0; charset=utf-8")
            : throw new RegistryErrorException(RegistryErrorCode.NotFound);
    }

    /// <summary>Whether the directory can be written: a disk that is full or has turned read-only is what a registry dies of.</summary>
    private static Task HealthAsync(RegistryContext context) => context.Store.TryWrite() is { } problem
        ? TextAsync(context, StatusCodes.Status503ServiceUnavailable, problem + "\n", "text/plain")
        : TextAsync(context, StatusCodes.Status200OK, "ok\n", "text/plain");

    private static async Task TextAsync(RegistryContext context, int status, string text, string type)
    {
        var body = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        if (!context.IsHead)
        {
            await context.Response.Body.WriteAsync(body, context.Aborted).ConfigureAwait(false);
        }
    }
}
