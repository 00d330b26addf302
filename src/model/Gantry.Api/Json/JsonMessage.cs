using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Api;

/// <summary>One line of a progress stream (pull, push, load, import, build): Docker's jsonmessage, in its field order.</summary>
public sealed record JsonMessage
{
    [JsonPropertyName("stream")]
    public string? Stream { get; set; }

    [JsonPropertyName("status")]
    public string? Status { get; set; }

    [JsonPropertyName("progressDetail")]
    public JsonProgress? ProgressDetail { get; set; }

    [JsonPropertyName("progress")]
    public string? Progress { get; set; }

    [JsonPropertyName("id")]
    public string? Id { get; set; }

    [JsonPropertyName("from")]
    public string? From { get; set; }

    [JsonPropertyName("errorDetail")]
    public JsonError? ErrorDetail { get; set; }

    [JsonPropertyName("error")]
    public string? Error { get; set; }

    [JsonPropertyName("aux")]
    public JsonElement? Aux { get; set; }
}

/// <summary>How far an item is; bytes unless <see cref="Units"/> says otherwise.</summary>
public sealed record JsonProgress
{
    [JsonPropertyName("current")]
    public long? Current { get; set; }

    [JsonPropertyName("total")]
    public long? Total { get; set; }

    [JsonPropertyName("start")]
    public long? Start { get; set; }

    [JsonPropertyName("hidecounts")]
    public bool? HideCounts { get; set; }

    [JsonPropertyName("units")]
    public string? Units { get; set; }
}

/// <summary>Why a stream ended early.</summary>
public sealed record JsonError
{
    [JsonPropertyName("code")]
    public int? Code { get; set; }

    [JsonPropertyName("message")]
    public string? Message { get; set; }
}
