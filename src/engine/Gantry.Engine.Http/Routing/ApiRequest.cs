using System.Text.Json.Serialization.Metadata;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Routing;

/// <summary>One request to the Engine API and the means to answer it.</summary>
internal sealed class ApiRequest(HttpContext context, ApiVersion version, IReadOnlyDictionary<string, string> values, EngineHost engine)
{
    internal HttpContext Context { get; } = context;

    internal ApiVersion Version { get; } = version;

    internal EngineHost Engine { get; } = engine;

    internal HttpRequest Http => Context.Request;

    internal HttpResponse Response => Context.Response;

    internal QueryValues Query { get; } = new(context.Request.Query);

    /// <summary>Fires when the client has gone. Flows that change state don't take it: what was begun is finished.</summary>
    internal CancellationToken Aborted => Context.RequestAborted;

    internal string Id => values["id"];

    internal string Name => values["name"];

    /// <summary>Whether the request carries a body at all.</summary>
    internal bool HasBody => Http.ContentLength is > 0 || Http.Headers.TransferEncoding.Count > 0;

    /// <summary>Reads a JSON body; without a body, a value with nothing set, which the operation then refuses in its own words.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal async Task<T> ReadJsonAsync<T>(JsonTypeInfo<T> type)
        where T : class => await ReadOptionalJsonAsync(type).ConfigureAwait(false) ?? type.CreateObject!();

    /// <summary>Reads a JSON body; null when there is none.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal async Task<T?> ReadOptionalJsonAsync<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (!HasBody)
        {
            return null;
        }

        MediaType.RequireJson(Http.ContentType ?? string.Empty);
        return await JsonBody.ReadAsync(Http.Body, type, Aborted).ConfigureAwait(false);
    }

    internal Task WriteJsonAsync<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        Responses.WriteJsonAsync(Context, value, type, status);

    internal Task NoContentAsync()
    {
        Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    internal Task StatusAsync(int status)
    {
        Response.StatusCode = status;
        Response.ContentLength = status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified ? null : 0;
        return Task.CompletedTask;
    }
}
