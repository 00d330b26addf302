using System.Text.Json.Serialization;
using Gantry.Oci;

namespace Gantry.Images.Archives;

/// <summary>One image of a docker-archive's manifest.json.</summary>
internal sealed record ArchiveManifest
{
    /// <summary>Member that holds the config.</summary>
    public string Config { get; init; } = string.Empty;

    public IReadOnlyList<string>? RepoTags { get; init; }

    /// <summary>Members that hold the layers, bottom first; null is none.</summary>
    public IReadOnlyList<string>? Layers { get; init; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, Descriptor>? LayerSources { get; init; }
}

/// <summary>The <c>oci-layout</c> file (OCI image-spec, image-layout.md).</summary>
internal sealed record OciLayout
{
    [JsonPropertyName("imageLayoutVersion")]
    public string ImageLayoutVersion { get; init; } = "1.0.0";
}

[JsonSourceGenerationOptions(MaxDepth = 32)]
[JsonSerializable(typeof(IReadOnlyList<ArchiveManifest>))]
[JsonSerializable(typeof(OciLayout))]
[JsonSerializable(typeof(Dictionary<string, Dictionary<string, string>>))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
