using System.Text.Json.Serialization;
using Gantry.Registry.Auth;
using Gantry.Registry.Errors;

namespace Gantry.Registry;

[JsonSerializable(typeof(WireErrors))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(TagPage))]
internal sealed partial class RegistryJson : JsonSerializerContext;

internal sealed record TagPage
{
    [JsonPropertyName("tags")]
    public IReadOnlyList<string>? Tags { get; init; }
}
