using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Volumes.Plugins;

/// <summary>What is asked of a volume plugin.</summary>
internal sealed record PluginRequest
{
    public string? Name { get; init; }

    /// <summary>Who mounts.</summary>
    public string? ID { get; init; }

    public IReadOnlyDictionary<string, string>? Opts { get; init; }
}

/// <summary>What a plugin answers; which members are there depends on the question.</summary>
internal sealed record PluginAnswer
{
    /// <summary>Not empty: the question failed.</summary>
    public string? Err { get; init; }

    public string? Mountpoint { get; init; }

    public PluginVolume? Volume { get; init; }

    public List<PluginVolume>? Volumes { get; init; }

    public PluginCapabilities? Capabilities { get; init; }

    /// <summary>Kinds of drivers that a plugin is, of its activation.</summary>
    public List<string>? Implements { get; init; }
}

/// <summary>A volume as its plugin knows it.</summary>
internal sealed record PluginVolume
{
    public string? Name { get; init; }

    public string? Mountpoint { get; init; }

    public string? CreatedAt { get; init; }

    public Dictionary<string, JsonElement?>? Status { get; init; }
}

internal sealed record PluginCapabilities
{
    /// <summary><c>local</c> or <c>global</c>.</summary>
    public string? Scope { get; init; }
}

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

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PluginRequest))]
[JsonSerializable(typeof(PluginAnswer))]
[JsonSerializable(typeof(PluginFile))]
internal sealed partial class PluginJson : JsonSerializerContext;
