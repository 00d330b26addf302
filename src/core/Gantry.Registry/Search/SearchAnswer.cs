using System.Text.Json.Serialization;

namespace Gantry.Registry.Search;

/// <summary>One repository that a search found.</summary>
public sealed record FoundRepository
{
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    [JsonPropertyName("description")]
    public string? Description { get; init; }

    [JsonPropertyName("star_count")]
    public long StarCount { get; init; }

    [JsonPropertyName("is_official")]
    public bool IsOfficial { get; init; }
}

/// <summary>The body of <c>GET /v1/search</c>.</summary>
internal sealed record SearchAnswer
{
    [JsonPropertyName("results")]
    public IReadOnlyList<FoundRepository>? Results { get; init; }
}
