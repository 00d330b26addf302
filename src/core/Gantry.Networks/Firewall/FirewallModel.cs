using System.Net;

namespace Gantry.Networks.Firewall;

/// <summary>What the firewall has to know about a bridge.</summary>
/// <param name="Internal">No traffic with the outside.</param>
/// <param name="Intercom">Containers on it may talk to each other.</param>
/// <param name="Masquerade">Containers leave with the host's address.</param>
internal sealed record BridgeRules(string Bridge, bool Internal, bool Intercom, bool Masquerade);

/// <summary>A host port that the kernel leads to a container.</summary>
/// <param name="HostIp">Null for every local address of the target's family.</param>
internal readonly record struct PortMapping(string Protocol, IPAddress? HostIp, int HostPort, IPAddress Target, int TargetPort);

/// <summary>Elements that come or go together.</summary>
/// <param name="Targets">Containers that get their first, or lose their last, port by this: they may call themselves through a host port.</param>
internal sealed record PortChange(IReadOnlyCollection<PortMapping> Ports, IReadOnlyCollection<IPAddress> Targets);
