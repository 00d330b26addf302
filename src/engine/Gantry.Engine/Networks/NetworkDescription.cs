using Gantry.Api;
using Gantry.Networks;

namespace Gantry.Engine.Networks;

/// <summary>Networks in the shape of the Engine API.</summary>
internal static class NetworkDescription
{
    /// <param name="endpoints">Null for lists, which show no containers.</param>
    internal static Network Describe(NetworkRecord record, IReadOnlyList<EndpointInfo>? endpoints) => new()
    {
        Name = record.Name,
        Id = record.Id,
        Created = GoTime.Format(record.Created),
        Scope = record.Scope,
        Driver = record.Driver,
        EnableIPv4 = record.EnableIPv4,
        EnableIPv6 = record.EnableIPv6,
        IPAM = new IPAM
        {
            Driver = record.Ipam.Driver,
            Options = record.Ipam.Options is null ? null : new Dictionary<string, string>(record.Ipam.Options),
            Config = ConfigsOf(record) is { Count: 0 } && record.Driver != "bridge" ? null
                : [.. ConfigsOf(record).OrderBy(c => c.Subnet.Contains(':', StringComparison.Ordinal)).Select(Describe)],
        },
        Internal = record.Internal,
        Attachable = record.Attachable,
        Ingress = record.Ingress,
        ConfigFrom = new ConfigReference { Network = record.ConfigFrom },
        ConfigOnly = record.ConfigOnly,
        Containers = (endpoints ?? []).ToDictionary(e => e.ContainerId, e => (NetworkContainer?)Describe(e)),
        Options = new Dictionary<string, string>(record.Options),
        Labels = new Dictionary<string, string>(record.Labels),
    };

    /// <summary>The null driver's pools are all addresses there are: nobody takes any from them, but they are shown.</summary>
    private static IReadOnlyList<NetworkIpamConfig> ConfigsOf(NetworkRecord record)
    {
        if (record.Ipam.Driver != "null" || record.ConfigOnly)
        {
            return record.Ipam.Configs;
        }

        var subnets = new[] { record.EnableIPv4 ? "0.0.0.0/0" : string.Empty, record.EnableIPv6 ? "::/0" : string.Empty };
        return [.. subnets.Where(s => s.Length > 0).Select(s => new NetworkIpamConfig { Subnet = s })];
    }

    private static IPAMConfig Describe(NetworkIpamConfig config) => new()
    {
        Subnet = config.Subnet.Length == 0 ? null : config.Subnet,
        IPRange = config.IPRange.Length == 0 ? null : config.IPRange,
        Gateway = config.Gateway.Length == 0 ? null : config.Gateway,
        AuxiliaryAddresses = config.AuxiliaryAddresses is { Count: > 0 } extra ? new Dictionary<string, string>(extra) : null,
    };

    private static NetworkContainer Describe(EndpointInfo endpoint) => new()
    {
        Name = endpoint.ContainerName,
        EndpointID = endpoint.EndpointId,
        MacAddress = endpoint.MacAddress,
        IPv4Address = endpoint.IPAddress.Length == 0 ? string.Empty : $"{endpoint.IPAddress}/{endpoint.IPPrefixLen}",
        IPv6Address = endpoint.GlobalIPv6Address.Length == 0 ? string.Empty : $"{endpoint.GlobalIPv6Address}/{endpoint.GlobalIPv6PrefixLen}",
    };
}
