using System.Text.Json.Serialization;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Plugins.State;

namespace Gantry.Engine;

/// <summary>JSON of what the engine records.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ContainerRecord))]
[JsonSerializable(typeof(PluginRecord))]
internal sealed partial class EngineJson : JsonSerializerContext;
