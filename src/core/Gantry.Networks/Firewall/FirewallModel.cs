using System.Net;

namespace Gantry.Networks.Firewall;

/// <summary>What the firewall has to know about a bridge.</summary>
/// <param name="Internal">No traffic with the outside.</param>
/// <param name="Intercom">Containers on it may talk to each other.</param>
internal sealed record BridgeRules(string Bridge, bool Internal, bool Intercom)
{
    public required FamilyRules V4 { get; init; }

    public required FamilyRules V6 { get; init; }

    /// <summary>Host interfaces behind which everybody may use published ports at the containers' addresses.</summary>
    public IReadOnlyList<string> Trusted { get; init; } = [];
}

/// <summary>A bridge's rules for one address family.</summary>
/// <param name="Masquerade">Containers leave with the host's address.</param>
/// <param name="Unprotected">Everybody reaches all ports of the containers.</param>
/// <param name="Routed">Containers can be pinged; their ports are opened one by one.</param>
/// <param name="Source">Address with which containers leave instead of that of the outgoing interface, or null.</param>
internal sealed record FamilyRules(bool Masquerade, bool Unprotected = false, bool Routed = false, IPAddress? Source = null);

/// <summary>Who reaches a published port at the container's own address.</summary>
internal enum DirectAccess
{
    Nobody = 0,

    /// <summary>Who comes through a trusted interface of the network.</summary>
    Trusted,

    Everybody,
}

/// <summary>A port of a container that can be reached from outside.</summary>
/// <param name="HostIp">Null for every local address of the target's family.</param>
/// <param name="HostPort">The host port that the kernel leads there; 0 where there is direct access only.</param>
internal readonly record struct PortMapping(string Protocol, IPAddress? HostIp, int HostPort, IPAddress Target, int TargetPort, DirectAccess Direct = DirectAccess.Nobody);

/// <summary>A container's own port that the firewall opens.</summary>
internal readonly record struct OpenPort(string Protocol, IPAddress Target, int TargetPort, DirectAccess Direct);

/// <summary>A port of a container that another one on the same bridge may use although their bridge keeps containers from each other.</summary>
internal readonly record struct LinkedPort(IPAddress From, IPAddress To, string Protocol, int Port);

/// <summary>Elements that come or go together.</summary>
/// <param name="Ports">Translated host ports.</param>
/// <param name="Targets">Containers that get their first, or lose their last, port by this: they may call themselves through a host port.</param>
/// <param name="Open">Ports of containers that get, or lose, direct access by this.</param>
internal sealed record PortChange(IReadOnlyCollection<PortMapping> Ports, IReadOnlyCollection<IPAddress> Targets, IReadOnlyCollection<OpenPort> Open)
{
    public bool IsEmpty => Ports.Count + Targets.Count + Open.Count == 0;
}
