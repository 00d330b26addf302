using System.Text.Json.Serialization;

namespace Gantry.Engine.Events;

/// <summary>One event as <c>GET /events</c> sends it, with the fields of API versions before 1.22 that every engine still sends for containers and images.</summary>
public sealed record EngineEvent
{
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("from")]
    public string? From { get; init; }

    public required string Type { get; init; }

    public required string Action { get; init; }

    public required EngineEventActor Actor { get; init; }

    [JsonPropertyName("scope")]
    public string Scope { get; init; } = "local";

    /// <summary>Seconds since the Unix epoch.</summary>
    [JsonPropertyName("time")]
    public long Time { get; init; }

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    [JsonPropertyName("timeNano")]
    public long TimeNano { get; init; }
}

/// <summary>What an event is about.</summary>
public sealed record EngineEventActor
{
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public required IReadOnlyDictionary<string, string> Attributes { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EngineEvent))]
public sealed partial class EventJson : JsonSerializerContext;
