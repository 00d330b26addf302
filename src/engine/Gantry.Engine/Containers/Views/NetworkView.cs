using Gantry.Api;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.State;
using Gantry.Networks;

namespace Gantry.Engine.Containers.Views;

/// <summary>A container's networks and ports as the API shows them.</summary>
internal static class NetworkView
{
    internal static NetworkSettings Settings(ContainerRecord record, INetworkService networks)
    {
        var sandbox = record.State.IsActive ? networks.FindSandbox(record.Id) : null;
        var endpoints = Endpoints(record, networks);
        var bridge = endpoints.GetValueOrDefault("bridge");
        return new NetworkSettings
        {
            Bridge = string.Empty,
            SandboxID = sandbox?.SandboxId ?? string.Empty,
            SandboxKey = sandbox?.SandboxKey ?? string.Empty,
            Ports = Ports(record, sandbox),
            HairpinMode = false,
            LinkLocalIPv6Address = string.Empty,
            LinkLocalIPv6PrefixLen = 0,
            EndpointID = bridge?.EndpointID ?? string.Empty,
            Gateway = bridge?.Gateway ?? string.Empty,
            GlobalIPv6Address = bridge?.GlobalIPv6Address ?? string.Empty,
            GlobalIPv6PrefixLen = bridge?.GlobalIPv6PrefixLen ?? 0,
            IPAddress = bridge?.IPAddress ?? string.Empty,
            IPPrefixLen = bridge?.IPPrefixLen ?? 0,
            IPv6Gateway = bridge?.IPv6Gateway ?? string.Empty,
            MacAddress = bridge?.MacAddress ?? string.Empty,
            Networks = endpoints!,
        };
    }

    /// <summary>What was asked for, joined with what a running container has.</summary>
    internal static Dictionary<string, EndpointSettings> Endpoints(ContainerRecord record, INetworkService networks)
    {
        var live = record.State.IsActive ? networks.FindSandbox(record.Id)?.Endpoints ?? [] : [];
        var result = new Dictionary<string, EndpointSettings>();
        foreach (var (name, asked) in record.Networks)
        {
            var network = networks.Find(name);
            var endpoint = live.FirstOrDefault(e => e.NetworkId == network?.Id);
            result[network?.Name ?? name] = Endpoint(asked, endpoint, record.State.StartedBefore ? network?.Id : null);
        }

        return result;
    }

    /// <summary>Published ports for inspect: every exposed port while it runs, null where it isn't published.</summary>
    internal static Dictionary<string, List<PortBinding>?> Ports(ContainerRecord record, SandboxInfo? sandbox)
    {
        var ports = new Dictionary<string, List<PortBinding>?>();
        if (sandbox is null || sandbox.Mode == SandboxMode.Host)
        {
            return ports;
        }

        foreach (var spec in record.Config.ExposedPorts?.Keys ?? Enumerable.Empty<string>())
        {
            var (port, protocol) = PortSpecs.Parse(spec);
            ports[PortSpecs.Format(port, protocol)] = null;
        }

        foreach (var published in sandbox.Ports)
        {
            var key = PortSpecs.Format(published.ContainerPort, published.Protocol);
            var bindings = ports.GetValueOrDefault(key) ?? [];
            bindings.Add(new PortBinding { HostIp = published.HostIp, HostPort = published.HostPort == 0 ? string.Empty : published.HostPort.ToString(System.Globalization.CultureInfo.InvariantCulture) });
            ports[key] = bindings;
        }

        return ports;
    }

    /// <summary>Ports for lists.</summary>
    internal static List<Port> PortList(ContainerRecord record, INetworkService networks)
    {
        if (!record.State.IsActive || networks.FindSandbox(record.Id) is not { } sandbox)
        {
            return [];
        }

        var list = new List<Port>();
        foreach (var (spec, bindings) in Ports(record, sandbox))
        {
            var (port, protocol) = PortSpecs.Parse(spec);
            if (bindings is null)
            {
                list.Add(new Port { PrivatePort = port, Type = protocol });
            }

            list.AddRange((bindings ?? []).Select(b => new Port
            {
                IP = b.HostIp,
                PrivatePort = port,
                PublicPort = string.IsNullOrEmpty(b.HostPort) ? null : int.Parse(b.HostPort, System.Globalization.CultureInfo.InvariantCulture),
                Type = protocol,
            }));
        }

        return list;
    }

    private static EndpointSettings Endpoint(EndpointSettings asked, EndpointInfo? live, string? networkId) => asked with
    {
        MacAddress = live?.MacAddress ?? asked.MacAddress ?? string.Empty,
        GwPriority = asked.GwPriority ?? 0,
        NetworkID = live?.NetworkId ?? networkId ?? string.Empty,
        EndpointID = live?.EndpointId ?? string.Empty,
        Gateway = live?.Gateway ?? string.Empty,
        IPAddress = live?.IPAddress ?? string.Empty,
        IPPrefixLen = live?.IPPrefixLen ?? 0,
        IPv6Gateway = live?.IPv6Gateway ?? string.Empty,
        GlobalIPv6Address = live?.GlobalIPv6Address ?? string.Empty,
        GlobalIPv6PrefixLen = live?.GlobalIPv6PrefixLen ?? 0,
        DNSNames = live is { DnsNames.Count: > 0 } ? [.. live.DnsNames] : null,
    };
}
