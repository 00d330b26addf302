using System.Text.Json.Serialization;
using Gantry.Oci;

namespace Gantry.RegistryServer.Json;

internal sealed record ErrorList([property: JsonPropertyName("errors")] IReadOnlyList<ErrorEntry> Errors);

internal sealed record ErrorEntry(
    [property: JsonPropertyName("code")] string Code,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("detail"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail);

internal sealed record TagList(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("tags")] IReadOnlyList<string> Tags);

internal sealed record Catalog([property: JsonPropertyName("repositories")] IReadOnlyList<string> Repositories);

internal sealed record TokenResponse(
    [property: JsonPropertyName("token")] string Token,
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("issued_at")] string IssuedAt,
    [property: JsonPropertyName("refresh_token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RefreshToken);

/// <summary>What a token says: who, until when, and what may be done.</summary>
internal sealed record TokenClaims
{
    [JsonPropertyName("sub")]
    public string Subject { get; init; } = string.Empty;

    /// <summary>Seconds since 1970.</summary>
    [JsonPropertyName("exp")]
    public long Expires { get; init; }

    [JsonPropertyName("typ")]
    public string Kind { get; init; } = string.Empty;

    [JsonPropertyName("access")]
    public IReadOnlyList<TokenAccess> Access { get; init; } = [];
}

internal sealed record TokenAccess(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("actions")] IReadOnlyList<string> Actions);

/// <summary>Docker's registry notifications.</summary>
internal sealed record WebhookEnvelope([property: JsonPropertyName("events")] IReadOnlyList<WebhookEvent> Events);

internal sealed record WebhookEvent
{
    [JsonPropertyName("id")]
    public string Id { get; init; } = string.Empty;

    [JsonPropertyName("timestamp")]
    public string Timestamp { get; init; } = string.Empty;

    [JsonPropertyName("action")]
    public string Action { get; init; } = string.Empty;

    [JsonPropertyName("target")]
    public WebhookTarget? Target { get; init; }

    [JsonPropertyName("request")]
    public WebhookRequest? Request { get; init; }

    [JsonPropertyName("actor")]
    public WebhookActor? Actor { get; init; }
}

internal sealed record WebhookTarget(
    [property: JsonPropertyName("mediaType")] string MediaType,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("digest")] string Digest,
    [property: JsonPropertyName("length")] long Length,
    [property: JsonPropertyName("repository")] string Repository,
    [property: JsonPropertyName("url")] string Url,
    [property: JsonPropertyName("tag")] string? Tag);

internal sealed record WebhookRequest(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("addr")] string Address,
    [property: JsonPropertyName("host")] string Host,
    [property: JsonPropertyName("method")] string Method,
    [property: JsonPropertyName("useragent")] string UserAgent);

internal sealed record WebhookActor([property: JsonPropertyName("name")] string? Name);

[JsonSerializable(typeof(WebhookEnvelope))]
[JsonSerializable(typeof(ErrorList))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(Catalog))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(TokenClaims))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ImageIndex))]
[JsonSerializable(typeof(Descriptor))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class RegistryJson : JsonSerializerContext;
