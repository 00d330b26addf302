using System.Text.Json.Serialization;

namespace Gantry.Registry.Auth;

/// <summary>What a token server answers (Docker's token protocol and its OAuth2 variant).</summary>
internal sealed record TokenAnswer
{
    [JsonPropertyName("token")]
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; init; }

    /// <summary>Seconds; 60 when missing.</summary>
    [JsonPropertyName("expires_in")]
    public double? ExpiresIn { get; init; }
}
