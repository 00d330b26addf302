using System.Net;
using Gantry.Linux;
using Gantry.Plugins;

namespace Gantry.Networks;

/// <summary>Settings of the network service, mostly keys of <c>daemon.json</c>.</summary>
public sealed record NetworkServiceOptions
{
    /// <summary>Directory below the run directory in which namespaces are mounted (<c>&lt;run&gt;/netns</c>).</summary>
    public required string RunDirectory { get; init; }

    /// <summary>
    /// Tells several engines on one host apart: lower-case letters and digits, stable over restarts of one engine. Part of the name of the
    /// nftables table and of the marks on devices.
    /// </summary>
    public required string InstanceId { get; init; }

    /// <summary>Called with a line of text for what an administrator should know; never for failures that a caller gets.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Name servers for containers that name none (<c>--dns</c> of the daemon).</summary>
    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>The network that containers are on when nothing else is said.</summary>
    public DefaultBridgeOptions DefaultBridge { get; init; } = new();

    /// <summary>Driver options for new networks that don't set them themselves, by driver (<c>--default-network-opt</c>).</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> DefaultNetworkOptions { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Carry in user mode what the kernel doesn't translate; else host ports are only held.</summary>
    public bool UserlandProxy { get; init; } = true;

    /// <summary>False: the firewall is somebody else's work. No rules are made, of either family.</summary>
    public bool Firewall { get; init; } = true;

    /// <summary>False: no rules for IPv6 are made.</summary>
    public bool FirewallIPv6 { get; init; } = true;

    /// <summary>False: whether the host forwards packets is left as it is.</summary>
    public bool Forwarding { get; init; } = true;

    /// <summary>Other hosts may reach published ports at the containers' own addresses too.</summary>
    public bool AllowDirectRouting { get; init; }

    /// <summary>Maps of the user namespaces that sandboxes which ask for one get; null where there are none.</summary>
    public IdMaps? Ids { get; init; }

    /// <summary>Host addresses and TCP ports that the engine itself listens on: containers are told that they are taken.</summary>
    public IReadOnlyList<IPEndPoint> OwnPorts { get; init; } = [];

    /// <summary>Address that <c>host-gateway</c> stands for; empty: the default bridge's.</summary>
    public IReadOnlyList<string> HostGatewayIps { get; init; } = [];

    /// <summary>Path of the host's resolv.conf.</summary>
    public string ResolvConfPath { get; init; } = "/etc/resolv.conf";

    /// <summary>Pools for networks without a subnet, tried in order; empty: Docker's.</summary>
    public IReadOnlyList<AddressPool> AddressPools { get; init; } = [];

    /// <summary>Where network and IPAM plugins make themselves known.</summary>
    public PluginDirectories Plugins { get; init; } = PluginDirectories.Default;

    /// <summary>
    /// Path of the network namespace that plays the host; null: the namespace of the process. Tests use it.
    /// </summary>
    public string? HostNamespace { get; init; }
}

/// <summary>A range from which subnets of one size are cut (<c>default-address-pools</c>).</summary>
/// <param name="Base">CIDR.</param>
/// <param name="Size">Prefix length of the subnets.</param>
public sealed record AddressPool(string Base, int Size);
