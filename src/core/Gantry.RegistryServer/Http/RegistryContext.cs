using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Oci;
using Gantry.RegistryServer.Json;
using Gantry.RegistryServer.Monitoring;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Http;

/// <summary>One request and what all endpoints do with it.</summary>
internal sealed record RegistryContext(HttpContext Http, RegistryStore Store, RegistryServerOptions Options, RegistryRoute Route)
{
    private RepositoryName? _repository;

    internal required RegistryMetrics Metrics { get; init; }

    /// <summary>Null when nobody is told.</summary>
    internal Webhook? Webhook { get; init; }

    internal HttpRequest Request => Http.Request;

    internal HttpResponse Response => Http.Response;

    internal string Method => Http.Request.Method;

    internal CancellationToken Aborted => Http.RequestAborted;

    internal bool IsHead => HttpMethods.IsHead(Method);

    /// <exception cref="RegistryErrorException">NAME_INVALID.</exception>
    internal RepositoryName Repository =>
        _repository ??= RepositoryName.TryParse(Route.Name, out var name) ? name : throw new RegistryErrorException(RegistryErrorCode.NameInvalid, Route.Name);

    /// <exception cref="RegistryErrorException">DIGEST_INVALID.</exception>
    internal static Digest ParseDigest(string? text) =>
        Digest.TryParse(text, out var digest) ? digest : throw new RegistryErrorException(RegistryErrorCode.DigestInvalid, text);

    /// <summary>A query parameter's value, or null when missing or empty.</summary>
    internal string? Query(string name) => Request.Query.TryGetValue(name, out var values) && !string.IsNullOrEmpty(values[0]) ? values[0] : null;

    /// <summary>True when the client says it has this content already (If-None-Match).</summary>
    internal bool HasEntity(Digest digest) => Request.Headers.IfNoneMatch.ToString().Contains($"\"{digest}\"", StringComparison.Ordinal);

    /// <summary>Answers without a body.</summary>
    internal Task FinishAsync(int status)
    {
        Response.StatusCode = status;
        if (status != StatusCodes.Status204NoContent)
        {
            Response.ContentLength = 0;
        }

        return Task.CompletedTask;
    }

    internal async Task JsonAsync<T>(int status, T value, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        Response.StatusCode = status;
        Response.ContentType = contentType;
        Response.ContentLength = body.Length;
        if (!IsHead)
        {
            await Response.Body.WriteAsync(body, Aborted).ConfigureAwait(false);
        }
    }

    internal Task ErrorAsync(RegistryErrorCode code, string? detail) =>
        JsonAsync(code.Status, new ErrorList([new ErrorEntry(code.Code, code.Message, detail)]), RegistryJson.Default.ErrorList);
}
