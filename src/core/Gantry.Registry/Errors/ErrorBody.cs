using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Registry.Auth;

namespace Gantry.Registry.Errors;

internal sealed record WireErrors
{
    [JsonPropertyName("errors")]
    public IReadOnlyList<WireError?>? Errors { get; init; }

    /// <summary>Docker Hub's token service.</summary>
    [JsonPropertyName("details")]
    public JsonElement Details { get; init; }
}

internal sealed record WireError
{
    [JsonPropertyName("code")]
    public string? Code { get; init; }

    [JsonPropertyName("message")]
    public string? Message { get; init; }
}

/// <summary>Turns an answer of 4xx or 5xx into a failure, in the words Docker has for it.</summary>
internal static class ErrorBody
{
    private const int MaxBody = 64 * 1024;

    internal static async Task<RegistryFailure> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (status, code) = ((int)response.StatusCode, string.Empty);
        var text = $"received unexpected HTTP status: {status} {response.ReasonPhrase}";
        if (status is >= 400 and < 500)
        {
            var body = await BodyAsync(response, cancellationToken).ConfigureAwait(false);
            (code, text) = FromChallenge(response) ?? FromBody(response, body);
        }

        return new RegistryFailure(text)
        {
            Status = response.StatusCode,
            Code = code,
            IsTransient = status is 408 or 429 or >= 500 and not (501 or 505 or 507),
            RetryAfter = RetryAfter(response),
        };
    }

    /// <summary>A bearer challenge may say itself what is wrong (RFC 6750, section 3.1).</summary>
    private static (string Code, string Text)? FromChallenge(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("WWW-Authenticate", out var values))
        {
            return null;
        }

        foreach (var challenge in Challenge.Parse(values).Where(challenge => challenge.Scheme == "bearer"))
        {
            switch (challenge.Parameter("error"))
            {
                case "invalid_token":
                    return Word("UNAUTHORIZED", challenge.Parameter("error_description") ?? "authentication required");
                case "insufficient_scope":
                    return Word("DENIED", challenge.Parameter("error_description") ?? "requested access to the resource is denied");
            }
        }

        return null;
    }

    private static (string Code, string Text) FromBody(HttpResponseMessage response, byte[] body)
    {
        var byStatus = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => "UNAUTHORIZED",
            HttpStatusCode.Forbidden => "DENIED",
            HttpStatusCode.TooManyRequests => "TOOMANYREQUESTS",
            _ => "UNKNOWN",
        };
        var plain = Encoding.UTF8.GetString(body).Trim();
        if (response.Content.Headers.ContentType?.MediaType is not ("application/json" or "application/vnd.api+json"))
        {
            return Word(byStatus, plain.Length == 0 && byStatus == "UNAUTHORIZED" ? "authentication required" : plain);
        }

        try
        {
            var wire = JsonSerializer.Deserialize(body, RegistryJson.Default.WireErrors);
            var errors = wire?.Errors?.OfType<WireError>().Where(error => !string.IsNullOrEmpty(error.Code)).ToList() ?? [];
            if (errors.Count > 0)
            {
                var texts = errors.Select(error => Word(error.Code!, string.IsNullOrEmpty(error.Message) ? "unknown error" : error.Message).Text).ToList();
                return (errors[0].Code!.ToUpperInvariant(), texts.Count == 1 ? texts[0] : "errors:\n" + string.Join('\n', texts) + "\n");
            }

            return Word(byStatus, wire?.Details.ValueKind == JsonValueKind.String ? wire.Details.GetString()!
                : byStatus == "UNAUTHORIZED" ? "authentication required" : plain);
        }
        catch (JsonException)
        {
            return (byStatus, $"error parsing HTTP {(int)response.StatusCode} response body: \"{Shortened(plain)}\"");
        }
    }

    private static (string Code, string Text) Word(string code, string message) =>
        (code.ToUpperInvariant(), $"{code.ToLowerInvariant().Replace('_', ' ')}: {Shortened(message)}");

    /// <summary>A server's page of HTML is not an error message.</summary>
    private static string Shortened(string text) => text.Length <= 1024 ? text : text[..1024] + "...";

    private static async Task<byte[]> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var buffer = new byte[MaxBody];
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return buffer[..read];
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // The status says enough.
            return [];
        }
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date - DateTimeOffset.UtcNow);
        return wait is { } value ? (value < TimeSpan.Zero ? TimeSpan.Zero : value) : null;
    }
}
