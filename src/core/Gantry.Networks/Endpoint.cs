namespace Gantry.Networks;

/// <summary>What a client asks for when a container joins a network (<c>EndpointSettings</c>). Empty strings mean: not given.</summary>
public sealed record EndpointOptions
{
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary><c>container</c> or <c>container:alias</c>; only this container sees the alias.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    public string IPv4Address { get; init; } = "";

    public string IPv6Address { get; init; } = "";

    public IReadOnlyList<string> LinkLocalIPs { get; init; } = [];

    public string MacAddress { get; init; } = "";

    /// <summary>Among endpoints that could hold the default gateway the highest wins.</summary>
    public int GwPriority { get; init; }

    public IReadOnlyDictionary<string, string> DriverOpts { get; init; } = new Dictionary<string, string>();
}

/// <summary>An endpoint as it is inspected. Empty strings and zero lengths as in <c>EndpointSettings</c>.</summary>
public sealed record EndpointInfo
{
    public required string ContainerId { get; init; }

    public required string ContainerName { get; init; }

    public required string NetworkId { get; init; }

    public required string NetworkName { get; init; }

    /// <summary>64 hex digits.</summary>
    public required string EndpointId { get; init; }

    public string Gateway { get; init; } = "";

    public string IPAddress { get; init; } = "";

    public int IPPrefixLen { get; init; }

    public string IPv6Gateway { get; init; } = "";

    public string GlobalIPv6Address { get; init; } = "";

    public int GlobalIPv6PrefixLen { get; init; }

    public string MacAddress { get; init; } = "";

    /// <summary>Names under which the embedded DNS server knows the endpoint; empty on networks without it.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>Interface in the container (<c>eth0</c>), or empty.</summary>
    public string InterfaceName { get; init; } = "";

    /// <summary>Interface on the host, or empty.</summary>
    public string HostInterfaceName { get; init; } = "";

    /// <summary>Name of the interface before the container got it, where a plugin made it; else null, as in records of earlier versions.</summary>
    public string? PluginInterfaceName { get; init; }

    /// <summary>Ports published through this endpoint; empty unless it holds the default gateway.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    /// <summary>What was asked for.</summary>
    public required EndpointOptions Options { get; init; }
}
