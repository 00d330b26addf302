namespace Gantry.Networks;

/// <summary>Where a container's network stack lives.</summary>
public enum SandboxMode
{
    /// <summary>A namespace of its own.</summary>
    Private = 0,

    /// <summary>The host's namespace; nothing is created.</summary>
    Host,
}

/// <summary>What the engine asks for when it makes the sandbox of a container.</summary>
public sealed record SandboxOptions
{
    public required string ContainerId { get; init; }

    /// <summary>The container's name without a leading slash; used in names, links and error texts.</summary>
    public required string ContainerName { get; init; }

    public SandboxMode Mode { get; init; }

    /// <summary>The namespace belongs to a user namespace of its own, whose root may change it.</summary>
    public bool UserNamespace { get; init; }

    public string Hostname { get; init; } = "";

    public string Domainname { get; init; } = "";

    /// <summary>Name servers from <c>--dns</c>; empty: the host's.</summary>
    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary><c>name:address</c> pairs from <c>--add-host</c>; the address may be <c>host-gateway</c>.</summary>
    public IReadOnlyList<string> ExtraHosts { get; init; } = [];

    /// <summary>The container has no IPv6: it gets no addresses of that family, on any network.</summary>
    public bool DisableIPv6 { get; init; }

    /// <summary>Ports to publish. They follow the endpoint that has the default gateway.</summary>
    public IReadOnlyList<PortRequest> Ports { get; init; } = [];
}

/// <summary>A container that runs while the engine starts.</summary>
public sealed record SandboxRestore
{
    public required string ContainerId { get; init; }

    /// <summary>A process of the container, from which the namespace is taken when its mount is gone; 0 when unknown.</summary>
    public int Pid { get; init; }
}

/// <summary>A sandbox as it stands.</summary>
public sealed record SandboxInfo
{
    public required string ContainerId { get; init; }

    /// <summary>64 hex digits; <c>NetworkSettings.SandboxID</c>.</summary>
    public required string SandboxId { get; init; }

    /// <summary>Path of the namespace for the OCI bundle; <c>NetworkSettings.SandboxKey</c>. Empty in host mode.</summary>
    public required string SandboxKey { get; init; }

    /// <summary>Path of the user namespace that it belongs to, good as long as the engine that made the sandbox runs; null for the host's.</summary>
    public string? UserNamespacePath { get; init; }

    public required SandboxMode Mode { get; init; }

    /// <summary>In the order of connection.</summary>
    public required IReadOnlyList<EndpointInfo> Endpoints { get; init; }

    /// <summary>Ports as they are really published (random and range ports resolved).</summary>
    public required IReadOnlyList<PublishedPort> Ports { get; init; }
}

/// <summary>Contents for two files in the container.</summary>
public sealed record SandboxFiles(string Hosts, string ResolvConf);
