using System.Text.Json.Serialization;

namespace Gantry.Networks.State;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NetworkState))]
[JsonSerializable(typeof(SandboxState))]
[JsonSerializable(typeof(HostState))]
[JsonSerializable(typeof(DefaultBridgeOptions))]
internal sealed partial class StateJson : JsonSerializerContext;
