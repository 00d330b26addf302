using System.Text.Json.Serialization;
using Gantry.Registry.Auth;
using Gantry.Registry.Errors;
using Gantry.Registry.Search;

namespace Gantry.Registry;

/// <summary>Names of members in any case, as servers of tokens write them and Docker reads them.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(WireErrors))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(TagPage))]
[JsonSerializable(typeof(SearchAnswer))]
internal sealed partial class RegistryJson : JsonSerializerContext;

internal sealed record TagPage
{
    [JsonPropertyName("tags")]
    public IReadOnlyList<string>? Tags { get; init; }
}
