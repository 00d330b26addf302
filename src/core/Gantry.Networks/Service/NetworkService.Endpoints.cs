using System.Net;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Networks.Addressing;
using Gantry.Networks.Dns;
using Gantry.Networks.Drivers;

namespace Gantry.Networks.Service;

public sealed partial class NetworkService
{
    private const int VethDigits = 7;
    private const string InterfaceNameKey = "com.docker.network.endpoint.ifname";

    public async Task<EndpointInfo> ConnectAsync(string containerId, string networkId, EndpointOptions options, CancellationToken ct)
    {
        var sandbox = GetSandbox(containerId);
        using (await sandbox.EnterAsync(ct).ConfigureAwait(false))
        {
            if (sandbox.Released)
            {
                throw GantryException.NotFound($"sandbox of container {containerId} not found");
            }

            var network = GetNetwork(networkId);
            CheckJoin(sandbox, network, options);
            return Join(sandbox, network, options);
        }
    }

    public async Task DisconnectAsync(string containerId, string networkId, CancellationToken ct)
    {
        var sandbox = GetSandbox(containerId);
        using (await sandbox.EnterAsync(ct).ConfigureAwait(false))
        {
            if (sandbox.Endpoints.FirstOrDefault(e => e.NetworkId == networkId) is { } endpoint)
            {
                Leave(sandbox, endpoint);
                _records.Save(sandbox.ToState());
            }
        }
    }

    public void ValidateEndpoint(string networkId, EndpointOptions options)
    {
        var network = GetNetwork(networkId);
        IpamRules.CheckEndpoint(network.Record, network.ConfiguredSubnets, options);
    }

    private void CheckJoin(SandboxEntry sandbox, NetworkEntry network, EndpointOptions options)
    {
        var record = network.Record;
        if (record.ConfigOnly)
        {
            throw new GantryException(ErrorKind.Forbidden, "cannot create endpoint on configuration-only network");
        }

        if ((sandbox.Options.Mode == SandboxMode.Host) != (record.Driver == NetworkDrivers.Host))
        {
            throw GantryException.InvalidArgument(record.Driver == NetworkDrivers.Host
                ? "cannot connect container to host network - container must be created in host network mode"
                : "container sharing network namespace with another container or host cannot be connected to any other network");
        }

        if (sandbox.Endpoints.Any(e => e.NetworkId == record.Id))
        {
            throw new GantryException(ErrorKind.Forbidden, $"endpoint with name {sandbox.Options.ContainerName} already exists in network {record.Name}");
        }

        var drivers = sandbox.Endpoints.Select(e => _networks.GetValueOrDefault(e.NetworkId)?.Record.Driver).Append(record.Driver).ToList();
        if (drivers.Count > 1 && drivers.Contains(NetworkDrivers.Null))
        {
            throw GantryException.InvalidArgument("container cannot be connected to multiple networks with one of the networks in private (none) mode");
        }

        IpamRules.CheckEndpoint(record, network.ConfiguredSubnets, options);
        IpamRules.CheckLinkLocal(options);
    }

    /// <summary>All of it or, when a step fails, nothing.</summary>
    private EndpointInfo Join(SandboxEntry sandbox, NetworkEntry network, EndpointOptions options)
    {
        var endpoint = network.Admit(Describe(sandbox, network, options), !sandbox.Options.DisableIPv6);
        try
        {
            endpoint = network.IsPlugin ? AttachByPlugin(sandbox, network, endpoint) : endpoint;
            Attach(sandbox, network, endpoint);
            sandbox.Endpoints = sandbox.Endpoints.Add(endpoint);
            SettleGateway(sandbox);
            if (network.HasNames)
            {
                network.Names.Add(endpoint.DnsNames, TargetOf(endpoint));
                StartDns(sandbox, lastPort: 0);
            }

            SettleNames(sandbox);
            _records.Save(sandbox.ToState());
            return sandbox.ToInfo().Endpoints.First(e => e.EndpointId == endpoint.EndpointId);
        }
        catch (Exception e)
        {
            Attempt(sandbox, "undo a connection", () => Leave(sandbox, endpoint));
            throw e is LinuxException linux ? linux.ToGantry($"failed to connect to network {network.Record.Name}") : e;
        }
    }

    private EndpointInfo Describe(SandboxEntry sandbox, NetworkEntry network, EndpointOptions options)
    {
        var id = Ids.New();
        var inside = network.HasInterface;
        return new EndpointInfo
        {
            ContainerId = sandbox.Options.ContainerId,
            ContainerName = sandbox.Options.ContainerName,
            NetworkId = network.Record.Id,
            NetworkName = network.Record.Name,
            EndpointId = id,
            Options = options,
            MacAddress = !inside || network.Parent is { IsMacvlan: false } || (network.IsPlugin && options.MacAddress.Length == 0) ? "" : MacAddress.Format(MacAddress.Parse(options.MacAddress) ?? MacAddress.Random()),
            InterfaceName = !inside || network.IsPlugin ? "" : options.DriverOpts.GetValueOrDefault(InterfaceNameKey) is { Length: > 0 } named ? named : FreeInterfaceName(sandbox, network.Settings.InterfacePrefix),
            HostInterfaceName = network.IsBridge ? "veth" + id[..VethDigits] : "",
            DnsNames = network.HasNames ? NamesOf(sandbox.Options, options) : [],
        };
    }

    private static string[] NamesOf(SandboxOptions sandbox, EndpointOptions options) =>
        [.. options.Aliases.Prepend(sandbox.ContainerName).Append(Ids.Short(sandbox.ContainerId)).Append(sandbox.Hostname).Where(n => n.Length > 0).Distinct()];

    private static string FreeInterfaceName(SandboxEntry sandbox, string prefix)
    {
        var used = sandbox.Endpoints.Select(e => e.InterfaceName).ToHashSet();
        return Enumerable.Range(0, int.MaxValue).Select(n => $"{prefix}{n}").First(n => !used.Contains(n));
    }

    private void Attach(SandboxEntry sandbox, NetworkEntry network, EndpointInfo endpoint)
    {
        if (network.Parent is { } parent)
        {
            AttachToParent(sandbox, network, parent, endpoint);
            return;
        }

        if (!network.IsBridge)
        {
            return;
        }

        try
        {
            _endpoints.Attach(PlanOf(network, endpoint), sandbox.Namespace!);
        }
        catch (LinuxException e) when (e.Errno == Errno.EEXIST && endpoint.Options.DriverOpts.ContainsKey(InterfaceNameKey))
        {
            throw GantryException.Internal($"error renaming interface \"{endpoint.HostInterfaceName}\" to \"{endpoint.InterfaceName}\": file exists", e);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENODEV or Errno.EINVAL && _bridges.IsMissing(network.BridgeIndex))
        {
            // Somebody deleted the bridge while we ran: make it again, once.
            EnsureBridge(network);
            _endpoints.Attach(PlanOf(network, endpoint), sandbox.Namespace!);
        }
    }

    private void AttachToParent(SandboxEntry sandbox, NetworkEntry network, ParentSettings parent, EndpointInfo endpoint)
    {
        var index = _parents.Find(parent);
        try
        {
            _endpoints.Attach(PlanOf(network, endpoint) with { Parent = (parent, index) }, sandbox.Namespace!);
        }
        catch (LinuxException e) when (e.Message.Contains($"create {parent.Driver}", StringComparison.Ordinal))
        {
            throw GantryException.Internal($"failed to create the {parent.Driver} port: {e.Message}", e);
        }
    }

    private static EndpointPlan PlanOf(NetworkEntry network, EndpointInfo endpoint)
    {
        var addresses = new List<(IPAddress, int)>();
        if (endpoint.IPAddress.Length > 0)
        {
            addresses.Add((IPAddress.Parse(endpoint.IPAddress), endpoint.IPPrefixLen));
        }

        if (endpoint.GlobalIPv6Address.Length > 0)
        {
            addresses.Add((IPAddress.Parse(endpoint.GlobalIPv6Address), endpoint.GlobalIPv6PrefixLen));
        }

        foreach (var address in endpoint.Options.LinkLocalIPs.Select(IPAddress.Parse))
        {
            addresses.Add((address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 64 : 16));
        }

        return new EndpointPlan
        {
            BridgeIndex = network.BridgeIndex,
            HostName = endpoint.HostInterfaceName,
            ContainerName = endpoint.InterfaceName,
            Mac = MacAddress.Parse(endpoint.MacAddress) ?? [],
            Sysctls = endpoint.Options.DriverOpts.GetValueOrDefault(InterfaceSysctls.Key) is { Length: > 0 } sysctls ? sysctls.Split(',') : [],
            Mtu = network.Settings.Mtu,
            Isolated = !network.Settings.Intercom,
            Announcement = Announcement.Of(network.Record.Options),
            Addresses = addresses,
        };
    }

    /// <summary>Takes an endpoint off a sandbox that goes on living.</summary>
    private void Leave(SandboxEntry sandbox, EndpointInfo endpoint)
    {
        var attached = sandbox.Endpoints.Any(e => e.EndpointId == endpoint.EndpointId);
        sandbox.Endpoints = sandbox.Endpoints.RemoveAll(e => e.EndpointId == endpoint.EndpointId);
        Attempt(sandbox, "move the default gateway", () => SettleGateway(sandbox));
        SettleNames(sandbox);
        if (_networks.GetValueOrDefault(endpoint.NetworkId) is { IsPlugin: true })
        {
            if (attached)
            {
                LeavePlugin(sandbox, endpoint);
            }
        }
        else if (endpoint.InterfaceName.Length > 0)
        {
            Attempt(sandbox, "remove an interface", () => _endpoints.Detach(endpoint.HostInterfaceName, endpoint.InterfaceName, sandbox.Namespace!));
        }

        Forget(endpoint);
    }

    /// <summary>Gives back an endpoint's names and addresses.</summary>
    private void Forget(EndpointInfo endpoint)
    {
        if (_networks.TryGetValue(endpoint.NetworkId, out var network))
        {
            if (network.HasNames)
            {
                network.Names.Remove(endpoint.DnsNames, TargetOf(endpoint));
            }

            network.Release(endpoint);
        }
    }

    private void Exchange(SandboxEntry sandbox, EndpointInfo old, EndpointInfo now)
    {
        sandbox.Endpoints = sandbox.Endpoints.Replace(sandbox.Endpoints.First(e => e.EndpointId == old.EndpointId), now);
        sandbox.Gateways = sandbox.Gateways.Exchange(old, now);
        if (_networks.TryGetValue(old.NetworkId, out var network))
        {
            network.Replace(now);
            if (network.HasNames)
            {
                network.Names.Remove(old.DnsNames, TargetOf(old));
                network.Names.Add(now.DnsNames, TargetOf(now));
            }
        }
    }

    private void SettleNames(SandboxEntry sandbox) => sandbox.Names.Set(
        from endpoint in sandbox.Endpoints
        let network = _networks.GetValueOrDefault(endpoint.NetworkId)
        where network is { HasNames: true }
        orderby endpoint.EndpointId != sandbox.Gateways.First?.EndpointId
        select new NetworkNames(network.Record.Name, network.Names, LinksOf(endpoint)));

    private static Dictionary<string, string> LinksOf(EndpointInfo endpoint)
    {
        var links = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var parts in endpoint.Options.Links.Select(l => l.Split(':', 2)))
        {
            links[parts[^1]] = parts[0];
        }

        return links;
    }

    private void StartDns(SandboxEntry sandbox, int lastPort)
    {
        if (sandbox.Dns is null)
        {
            sandbox.Dns = _dns.Start(new DnsContext(sandbox.Names, () => UpstreamsOf(sandbox), sandbox.Namespace!), lastPort);
        }
    }

    private static NameTarget TargetOf(EndpointInfo endpoint) => new(
        endpoint.EndpointId,
        endpoint.DnsNames.Count > 0 ? endpoint.DnsNames[0] : endpoint.ContainerName,
        endpoint.IPAddress.Length > 0 ? IPAddress.Parse(endpoint.IPAddress) : null,
        endpoint.GlobalIPv6Address.Length > 0 ? IPAddress.Parse(endpoint.GlobalIPv6Address) : null);
}
