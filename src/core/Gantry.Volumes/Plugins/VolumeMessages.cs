using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Plugins;

namespace Gantry.Volumes.Plugins;

/// <summary>What is asked of a volume plugin.</summary>
internal sealed record VolumeQuestion
{
    public string? Name { get; init; }

    /// <summary>Who mounts.</summary>
    public string? ID { get; init; }

    public IReadOnlyDictionary<string, string>? Opts { get; init; }
}

/// <summary>What a plugin answers; which members are there depends on the question.</summary>
internal sealed record VolumeAnswer : PluginAnswer
{
    public string? Mountpoint { get; init; }

    public PluginVolume? Volume { get; init; }

    public List<PluginVolume>? Volumes { get; init; }

    public PluginCapabilities? Capabilities { get; init; }
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

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VolumeQuestion))]
[JsonSerializable(typeof(VolumeAnswer))]
internal sealed partial class VolumeMessages : JsonSerializerContext;
