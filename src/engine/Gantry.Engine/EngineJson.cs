using System.Text.Json.Serialization;
using Gantry.Engine.Containers.State;

namespace Gantry.Engine;

/// <summary>JSON of what the engine records.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ContainerRecord))]
internal sealed partial class EngineJson : JsonSerializerContext;
