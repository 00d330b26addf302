using System.Text.Json.Serialization;

namespace Gantry.Runtime.Spec;

/// <summary>A file of the Container Device Interface (CDI specification 0.3 to 1.0).</summary>
internal sealed record CdiSpec
{
    public string CdiVersion { get; init; } = string.Empty;

    /// <summary><c>vendor/class</c> of all its devices.</summary>
    public string Kind { get; init; } = string.Empty;

    public Dictionary<string, string>? Annotations { get; init; }

    public List<CdiDevice> Devices { get; init; } = [];

    /// <summary>For containers that get any of the devices.</summary>
    public CdiEdits? ContainerEdits { get; init; }
}

internal sealed record CdiDevice
{
    public string Name { get; init; } = string.Empty;

    public Dictionary<string, string>? Annotations { get; init; }

    public CdiEdits? ContainerEdits { get; init; }
}

/// <summary>What a device changes in a container's configuration.</summary>
internal sealed record CdiEdits
{
    public List<string>? Env { get; init; }

    public List<CdiDeviceNode>? DeviceNodes { get; init; }

    public List<CdiMount>? Mounts { get; init; }

    public List<CdiHook>? Hooks { get; init; }

    public List<uint>? AdditionalGids { get; init; }

    public CdiIntelRdt? IntelRdt { get; init; }
}

internal sealed record CdiDeviceNode
{
    public string Path { get; init; } = string.Empty;

    /// <summary>Where the host has it; empty: at <see cref="Path"/>.</summary>
    public string? HostPath { get; init; }

    /// <summary><c>b</c>, <c>c</c>, <c>u</c> or <c>p</c>; empty: the host's.</summary>
    public string? Type { get; init; }

    public long Major { get; init; }

    public long Minor { get; init; }

    public uint? FileMode { get; init; }

    /// <summary>Letters of <c>rwm</c>; empty: all.</summary>
    public string? Permissions { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }
}

internal sealed record CdiMount
{
    public string HostPath { get; init; } = string.Empty;

    public string ContainerPath { get; init; } = string.Empty;

    public List<string>? Options { get; init; }

    public string? Type { get; init; }
}

internal sealed record CdiHook
{
    public string HookName { get; init; } = string.Empty;

    public string Path { get; init; } = string.Empty;

    public List<string>? Args { get; init; }

    public List<string>? Env { get; init; }

    /// <summary>Seconds.</summary>
    public int? Timeout { get; init; }
}

/// <summary>Cache and memory bandwidth of Intel processors; read, so that a file with it is valid, and refused when used.</summary>
internal sealed record CdiIntelRdt
{
    [JsonPropertyName("closID")]
    public string? ClosId { get; init; }

    public string? L3CacheSchema { get; init; }

    public string? MemBwSchema { get; init; }

    [JsonPropertyName("enableCMT")]
    public bool EnableCmt { get; init; }

    [JsonPropertyName("enableMBM")]
    public bool EnableMbm { get; init; }
}

/// <summary>Unknown members are errors, as in the reference implementation.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, MaxDepth = 16)]
[JsonSerializable(typeof(CdiSpec))]
internal sealed partial class CdiJson : JsonSerializerContext;
