using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Oci;
using Gantry.RegistryServer.Json;
using Gantry.RegistryServer.Monitoring;
using Gantry.RegistryServer.Proxy;
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

    /// <summary>Null where the server is no cache of others.</summary>
    internal PullThrough? PullThrough { get; init; }

    /// <summary>What the repository is a copy of; null for one of our own.</summary>
    /// <exception cref="RegistryErrorException">NAME_INVALID.</exception>
    internal UpstreamRepository? Upstream => PullThrough?.Upstreams.Find(Repository);

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

    /// <summary>True when the client says it has this content already (If-None-Match; weak tags count, RFC 9110, section 13.1.2).</summary>
    internal bool HasEntity(Digest digest) =>
        Request.Headers.IfNoneMatch.ToString() is var tags && (tags.Trim() == "*" || tags.Contains($"\"{digest}\"", StringComparison.Ordinal));

    /// <summary>False when the client wants a part only of something else (If-Range; a date or a weak tag never fits, RFC 9110, section 13.1.5): then it gets everything.</summary>
    internal bool WantsPartOf(Digest digest) => Request.Headers.IfRange is not [{ Length: > 0 } tag, ..] || tag.Trim() == $"\"{digest}\"";

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

    /// <summary>The error for what an upstream did not give; a wait it asks for is passed on.</summary>
    internal RegistryErrorException Refused(UpstreamException exception, RegistryErrorCode missing)
    {
        // What was said of the content before it turned out that there is none.
        var headers = Response.Headers;
        (headers.ETag, headers.CacheControl, headers.ContentRange, headers["Docker-Content-Digest"]) = (default, default, default, default);
        if (exception.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return new RegistryErrorException(exception.Code(missing), exception.Message);
    }

    internal Task ErrorAsync(RegistryErrorCode code, string? detail) =>
        JsonAsync(code.Status, new ErrorList([new ErrorEntry(code.Code, code.Message, detail)]), RegistryJson.Default.ErrorList);
}
