namespace Gantry.Networks.State;

/// <summary>The durable record of a network: what is inspected, and the pools that were chosen for it.</summary>
internal sealed record NetworkState
{
    public required NetworkRecord Record { get; init; }

    public IReadOnlyList<PoolState> Pools { get; init; } = [];

    /// <summary>The flags from which the default bridge was made; empty for other networks, and for the default bridge without any.</summary>
    public string Origin { get; init; } = "";

    /// <summary>We made the interface that a macvlan or ipvlan network hangs on, and remove it with the network.</summary>
    public bool OwnsParent { get; init; }
}

/// <summary>An address pool in effect.</summary>
internal sealed record PoolState
{
    /// <summary>CIDR.</summary>
    public required string Subnet { get; init; }

    /// <summary>CIDR; the subnet where no range was asked for.</summary>
    public required string Range { get; init; }

    /// <summary>Address of the bridge in this subnet, or of the router of a network without a bridge; empty for none.</summary>
    public string Gateway { get; init; } = "";

    /// <summary>Default gateway of containers where that is not <see cref="Gateway"/>; else empty.</summary>
    public string ContainerGateway { get; init; } = "";

    /// <summary>The subnet was asked for, not chosen here; only then can containers ask for addresses in it.</summary>
    public bool Configured { get; init; }

    /// <summary>The name by which a plugin that gives addresses knows the pool; null where we give them, as in records of earlier versions.</summary>
    public string? PluginPool { get; init; }

    /// <summary>The plugin's address space in which the pool lies; else null.</summary>
    public string? PluginSpace { get; init; }

    /// <summary>Addresses that are never handed out.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];
}

/// <summary>The record of a sandbox: enough to give a restarted engine its containers' networks back.</summary>
internal sealed record SandboxState
{
    public required string SandboxId { get; init; }

    public required SandboxOptions Options { get; init; }

    public IReadOnlyList<EndpointInfo> Endpoints { get; init; } = [];

    /// <summary>Port in the container on which our name server listens, or 0.</summary>
    public int DnsPort { get; init; }
}

/// <summary>A setting of the host that was changed, with what it was before.</summary>
internal sealed record HostState
{
    public required string Before { get; init; }
}
