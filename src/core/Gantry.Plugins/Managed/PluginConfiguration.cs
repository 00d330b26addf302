using System.Text.Json.Serialization;

namespace Gantry.Plugins.Managed;

/// <summary>
/// A managed plugin's configuration (Engine API, <c>Plugin.Config</c>; the bytes with media type <c>application/vnd.docker.plugin.v1+json</c>). Members are
/// in the order and with the nulls of Docker's answers. What <see cref="ConfigurationReader"/> returns has no null but in lists and values.
/// </summary>
public sealed record PluginConfiguration
{
    public PluginArguments Args { get; set; } = new();

    public string Description { get; set; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DockerVersion { get; set; }

    public string Documentation { get; set; } = "";

    public List<string>? Entrypoint { get; set; }

    public List<PluginVariable>? Env { get; set; }

    public PluginInterface Interface { get; set; } = new();

    public bool IpcHost { get; set; }

    public PluginLinux Linux { get; set; } = new();

    public List<PluginMount>? Mounts { get; set; }

    public PluginNetwork Network { get; set; } = new();

    public bool PidHost { get; set; }

    /// <summary>Absolute path whose mounts the host sees; empty for none.</summary>
    public string PropagatedMount { get; set; } = "";

    public PluginUser User { get; set; } = new();

    public string WorkDir { get; set; } = "";

    [JsonPropertyName("rootfs")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PluginRootfs? Rootfs { get; set; }
}

/// <summary>Arguments behind the entry point.</summary>
public sealed record PluginArguments
{
    public string Description { get; set; } = "";

    public string Name { get; set; } = "";

    public List<string>? Settable { get; set; }

    public List<string>? Value { get; set; }
}

/// <summary>An environment variable; without a value it is not set.</summary>
public sealed record PluginVariable
{
    public string Description { get; set; } = "";

    public string Name { get; set; } = "";

    public List<string>? Settable { get; set; }

    public string? Value { get; set; }
}

/// <summary>What the plugin is a driver of and where it listens.</summary>
public sealed record PluginInterface
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProtocolScheme { get; set; }

    /// <summary>Name of the socket in <c>/run/docker/plugins</c>.</summary>
    public string Socket { get; set; } = "";

    public List<InterfaceType>? Types { get; set; }
}

public sealed record PluginLinux
{
    public bool AllowAllDevices { get; set; }

    public List<string>? Capabilities { get; set; }

    public List<PluginDevice>? Devices { get; set; }
}

public sealed record PluginDevice
{
    public string Description { get; set; } = "";

    public string Name { get; set; } = "";

    /// <summary>Null until it is set.</summary>
    public string? Path { get; set; }

    public List<string>? Settable { get; set; }
}

public sealed record PluginMount
{
    public string Description { get; set; } = "";

    public string Destination { get; set; } = "";

    public string Name { get; set; } = "";

    public List<string>? Options { get; set; }

    public List<string>? Settable { get; set; }

    /// <summary>Null until it is set.</summary>
    public string? Source { get; set; }

    public string Type { get; set; } = "";
}

/// <param name="Type"><c>host</c>, <c>bridge</c>, <c>none</c>, <c>null</c>, or empty.</param>
public sealed record PluginNetwork(string Type = "");

public sealed record PluginUser
{
    [JsonPropertyName("GID")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public uint Gid { get; set; }

    [JsonPropertyName("UID")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public uint Uid { get; set; }
}

public sealed record PluginRootfs
{
    [JsonPropertyName("diff_ids")]
    public List<string>? DiffIds { get; set; }

    [JsonPropertyName("type")]
    public string Type { get; set; } = "";
}
