namespace Gantry.Networks;

/// <summary>A network as it is recorded and inspected.</summary>
public sealed record NetworkRecord
{
    /// <summary>64 lower-case hex digits.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary><c>bridge</c>, <c>macvlan</c>, <c>ipvlan</c>, <c>host</c>, <c>null</c> (the driver of the network named <c>none</c>), or the name of a plugin.</summary>
    public required string Driver { get; init; }

    /// <summary><c>local</c>, or <c>global</c> where a plugin says so of its networks.</summary>
    public string Scope { get; init; } = "local";

    public bool EnableIPv4 { get; init; } = true;

    public bool EnableIPv6 { get; init; }

    public bool Internal { get; init; }

    public bool Attachable { get; init; }

    public bool Ingress { get; init; }

    public bool ConfigOnly { get; init; }

    /// <summary>Name of the config-only network this one takes its settings from, or empty.</summary>
    public string ConfigFrom { get; init; } = "";

    public NetworkIpam Ipam { get; init; } = new();

    /// <summary>Driver options as given.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Name of the bridge device on the host, or empty for drivers without one.</summary>
    public string BridgeName { get; init; } = "";

    /// <summary><c>bridge</c>, <c>host</c> and <c>none</c>: they can't be removed.</summary>
    public bool Predefined { get; init; }
}

/// <summary>Address management of a network.</summary>
public sealed record NetworkIpam
{
    public string Driver { get; init; } = "default";

    /// <summary>Options as given; null is told apart from empty because clients see the difference.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    public IReadOnlyList<NetworkIpamConfig> Configs { get; init; } = [];
}

/// <summary>One address pool of a network. Empty strings mean: not given.</summary>
public sealed record NetworkIpamConfig
{
    /// <summary>CIDR.</summary>
    public string Subnet { get; init; } = "";

    /// <summary>CIDR inside the subnet from which addresses are handed out.</summary>
    public string IPRange { get; init; } = "";

    public string Gateway { get; init; } = "";

    /// <summary>Name to address that must not be handed out.</summary>
    public IReadOnlyDictionary<string, string>? AuxiliaryAddresses { get; init; }
}

/// <summary>What a client asks for in <c>network create</c>.</summary>
public sealed record NetworkCreateOptions
{
    public required string Name { get; init; }

    /// <summary>Empty means <c>bridge</c>.</summary>
    public string Driver { get; init; } = "";

    public string Scope { get; init; } = "";

    /// <summary>Null: as the driver's options, or the daemon's, say; else on.</summary>
    public bool? EnableIPv4 { get; init; }

    /// <summary>Null: as the driver's options, or the daemon's, say; else off.</summary>
    public bool? EnableIPv6 { get; init; }

    public bool Internal { get; init; }

    public bool Attachable { get; init; }

    public bool Ingress { get; init; }

    public bool ConfigOnly { get; init; }

    public string ConfigFrom { get; init; } = "";

    public NetworkIpam Ipam { get; init; } = new();

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
