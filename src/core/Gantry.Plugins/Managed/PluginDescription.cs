using System.Text.Json.Serialization;

namespace Gantry.Plugins.Managed;

/// <summary>A plugin as <c>GET /plugins/NAME/json</c> shows it.</summary>
public sealed record PluginDescription
{
    public required PluginConfiguration Config { get; init; }

    public required bool Enabled { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string PluginReference { get; init; }

    public required PluginSettings Settings { get; init; }
}

/// <summary>JSON of managed plugins; names in any case are understood, as by Docker.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(PluginConfiguration))]
[JsonSerializable(typeof(PluginDescription))]
[JsonSerializable(typeof(List<PluginDescription>))]
[JsonSerializable(typeof(List<PluginPrivilege>))]
[JsonSerializable(typeof(List<string>))]
public sealed partial class ManagedJson : JsonSerializerContext;
