using System.Text.Json.Serialization;

namespace Gantry.Plugins;

/// <summary>A file <c>NAME.json</c> about a plugin.</summary>
internal sealed record PluginFile
{
    public string? Name { get; init; }

    public string? Addr { get; init; }

    public PluginTls? TLSConfig { get; init; }
}

internal sealed record PluginTls
{
    public string? CAFile { get; init; }

    public string? CertFile { get; init; }

    public string? KeyFile { get; init; }
}

/// <summary>The answer to an activation.</summary>
internal sealed record PluginManifest : PluginAnswer
{
    /// <summary>Kinds of drivers that the plugin is.</summary>
    public List<string>? Implements { get; init; }
}

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(PluginFile))]
[JsonSerializable(typeof(PluginManifest))]
internal sealed partial class PluginJson : JsonSerializerContext;
