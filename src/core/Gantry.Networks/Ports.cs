namespace Gantry.Networks;

/// <summary>A port to publish, as in <c>HostConfig.PortBindings</c>.</summary>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
/// <param name="ContainerPort">1 to 65535.</param>
/// <param name="HostIp">Address on the host, or empty for all of them (IPv4 and IPv6).</param>
/// <param name="HostPort">A port, a range <c>first-last</c> of which a free one is taken, or empty or <c>0</c> for any.</param>
public sealed record PortRequest(string Protocol, int ContainerPort, string HostIp, string HostPort);

/// <summary>A port that is published.</summary>
/// <param name="HostIp">As clients see it: <c>0.0.0.0</c>, <c>::</c> or the address that was asked for.</param>
public sealed record PublishedPort(string Protocol, int ContainerPort, string HostIp, int HostPort);
