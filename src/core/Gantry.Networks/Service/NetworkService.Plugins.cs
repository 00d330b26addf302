using System.Net;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Networks.Addressing;
using Gantry.Networks.Drivers;
using Gantry.Networks.Plugins;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

/// <summary>Networks of plugins, and networks whose addresses a plugin gives (docs/design/network-plugins.md).</summary>
public sealed partial class NetworkService
{
    private const string DefaultInterfacePrefix = "eth";

    public IReadOnlyList<string> Drivers => [.. NetworkDrivers.All.Concat(_networkPlugins.Names).Concat(_networkPlugins.ManagedNames).Order(StringComparer.Ordinal)];

    /// <summary>A network's record has the names of plugins that the engine runs with their tags.</summary>
    private NetworkCreateOptions WithFullNames(NetworkCreateOptions options) => options with
    {
        Driver = NetworkDrivers.IsBuiltIn(options.Driver) ? options.Driver : _networkPlugins.FullName(options.Driver),
        Ipam = NetworkDrivers.IsOwnIpam(options.Ipam.Driver) ? options.Ipam : options.Ipam with { Driver = _addressPlugins.FullName(options.Ipam.Driver) },
    };

    private static bool UsesPlugins(NetworkCreateOptions options) =>
        !options.ConfigOnly && !(NetworkDrivers.IsBuiltIn(options.Driver) && NetworkDrivers.IsOwnIpam(options.Ipam.Driver));

    private static bool IsOfPlugins(NetworkEntry entry) => entry.IsPlugin || entry.State.Pools.Any(p => p.PluginPool is not null);

    private Func<PoolState, IAddressPool>? PluginPool(NetworkIpam ipam, bool isRestored = false) => NetworkDrivers.IsOwnIpam(ipam.Driver)
        ? null
        : pool => new PluginAddressPool(_addressPlugins, ipam.Driver, pool, ipam.Options ?? new Dictionary<string, string>(), isRestored, _warn);

    /// <summary>In the background: plugins may be down at this time, and the engine doesn't wait for them with its start.</summary>
    private void ReplayAddresses()
    {
        foreach (var network in _networks.Values.Where(n => n.State.Pools.Any(p => p.PluginPool is not null)))
        {
            _ = Task.Run(() => TryAsk($"network {network.Record.Name}", network.ReplayAddresses));
        }
    }

    /// <summary>No plugin is asked while the gate is held: one that hangs holds up its own networks only.</summary>
    private async Task<NetworkRecord> CreateWithPluginsAsync(NetworkCreateOptions options, CancellationToken ct)
    {
        var complete = Complete(options);
        var plugin = NetworkDrivers.IsBuiltIn(complete.Driver) ? null : _networkPlugins.Get(complete.Driver);
        var scope = plugin?.Scope() ?? "local";
        var pools = NetworkDrivers.IsOwnIpam(complete.Ipam.Driver) ? [] : RequestPools(complete);
        NetworkEntry entry;
        try
        {
            entry = await AddAsync(options, pools, scope, ct).ConfigureAwait(false);
        }
        catch
        {
            ReleasePools(complete.Ipam.Driver, pools);
            throw;
        }

        try
        {
            plugin?.CreateNetwork(entry.Record.Id, Describe(entry, v6: false), Describe(entry, v6: true), PluginOptions.OfNetwork(entry.Record));
            return entry.Record;
        }
        catch
        {
            await ForgetAsync(entry).ConfigureAwait(false);
            throw;
        }
    }

    private async Task ForgetAsync(NetworkEntry entry)
    {
        ReleasePools(entry.Record.Ipam.Driver, entry.State.Pools);
        await _networkGate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            Remove(entry);
        }
        finally
        {
            _networkGate.Release();
        }
    }

    private NetworkEntry NewPluginNetwork(NetworkCreateOptions options, IReadOnlyList<PoolState> given, string scope)
    {
        IReadOnlyList<PoolState> pools = given.Count > 0 ? given
            : options.Ipam.Driver == NetworkDrivers.Null ? []
            : _planner.Plan(options, (true, true), [.. _networks.Values.SelectMany(n => n.Subnets)], HostRanges());
        var record = ToRecord(options, Ids.New()) with { Ipam = Describe(options.Ipam, pools), Scope = scope };
        return new NetworkEntry(new NetworkState { Record = record, Pools = pools }, new BridgeSettings(), PluginPool(record.Ipam));
    }

    private List<PoolState> RequestPools(NetworkCreateOptions options)
    {
        var plugin = _addressPlugins.Get(options.Ipam.Driver);
        var space = plugin.DefaultAddressSpace();
        var pools = new List<PoolState>();
        try
        {
            foreach (var v6 in (bool[])[false, true])
            {
                if (v6 ? options.EnableIPv6 == true : options.EnableIPv4 != false)
                {
                    var asked = options.Ipam.Configs.Where(c => c.Subnet.Contains(':', StringComparison.Ordinal) == v6).ToList();
                    foreach (var config in asked.Count > 0 ? asked : [new NetworkIpamConfig()])
                    {
                        RequestPool(plugin, space, config, options.Ipam.Options ?? new Dictionary<string, string>(), v6, pools);
                    }
                }
            }

            return pools;
        }
        catch
        {
            ReleasePools(options.Ipam.Driver, pools);
            throw;
        }
    }

    private static void RequestPool(
        AddressPlugin plugin, string space, NetworkIpamConfig config, IReadOnlyDictionary<string, string> options, bool v6, List<PoolState> pools)
    {
        var (id, subnet) = plugin.RequestPool(space, config.Subnet, config.IPRange, options, v6);
        var pool = new PoolState
        {
            Subnet = subnet.ToString(),
            Range = config.IPRange.Length > 0 ? config.IPRange : subnet.ToString(),
            PluginPool = id,
            PluginSpace = space,
            Configured = config.Subnet.Length > 0,
        };
        pools.Add(pool);
        pools[^1] = pool with { Gateway = plugin.RequestGateway(id, config.Gateway).ToString() };
        foreach (var address in (config.AuxiliaryAddresses ?? new Dictionary<string, string>()).Values)
        {
            _ = plugin.RequestAddress(id, address, "");
            pools[^1] = pools[^1] with { Excluded = [.. pools[^1].Excluded, address] };
        }
    }

    /// <summary>Gives back what was asked for on behalf of a network itself, then its pools.</summary>
    private void ReleasePools(string driver, IReadOnlyList<PoolState> pools)
    {
        foreach (var pool in pools)
        {
            if (pool.PluginPool is not { } id)
            {
                continue;
            }

            foreach (var address in pool.Excluded.Append(pool.Gateway).Where(a => a.Length > 0))
            {
                TryAsk($"ipam driver {driver}: can't release {address}", () => _addressPlugins.Get(driver).ReleaseAddress(id, IPAddress.Parse(address)));
            }

            TryAsk($"ipam driver {driver}: can't release pool {pool.Subnet}", () => _addressPlugins.Get(driver).ReleasePool(id));
        }
    }

    /// <summary>A network goes whatever its plugins say to it: they may be gone themselves.</summary>
    private void TellOfRemoval(NetworkEntry entry)
    {
        if (entry.IsPlugin)
        {
            TryAsk($"network {entry.Record.Name}", () => _networkPlugins.Get(entry.Record.Driver).DeleteNetwork(entry.Record.Id));
        }

        ReleasePools(entry.Record.Ipam.Driver, entry.State.Pools);
    }

    private void TryAsk(string subject, Action question)
    {
        try
        {
            question();
        }
        catch (GantryException e)
        {
            _warn($"{subject}: {e.Message}");
        }
    }

    private static List<PluginPool> Describe(NetworkEntry entry, bool v6)
    {
        if (entry.State.Pools.Count == 0 && !v6)
        {
            return [new PluginPool { AddressSpace = NetworkDrivers.Null, Pool = "0.0.0.0/0" }];
        }

        var named = entry.Record.Ipam.Configs.SelectMany(c => c.AuxiliaryAddresses ?? new Dictionary<string, string>()).ToList();
        return [.. from pool in entry.State.Pools
                   let subnet = NetworkEntry.SubnetOf(pool)
                   where subnet.IsV6 == v6
                   select new PluginPool
                   {
                       AddressSpace = pool.PluginSpace ?? "LocalDefault",
                       Pool = pool.Subnet,
                       Gateway = pool.Gateway.Length > 0 ? $"{pool.Gateway}/{subnet.PrefixLength}" : null,
                       AuxAddresses = named.Where(n => pool.Excluded.Contains(n.Value)).ToDictionary(n => n.Key, n => $"{n.Value}/{subnet.PrefixLength}"),
                   }];
    }

    /// <summary>Has the plugin make an endpoint's interface and brings it into the container. All of it or, when a step fails, nothing.</summary>
    /// <returns>The endpoint with what the plugin decided.</returns>
    private EndpointInfo AttachByPlugin(SandboxEntry sandbox, NetworkEntry network, EndpointInfo endpoint)
    {
        var plugin = _networkPlugins.Get(network.Record.Driver);
        var id = network.Record.Id;
        var asked = new PluginInterface
        {
            Address = Cidr(endpoint.IPAddress, endpoint.IPPrefixLen),
            AddressIPv6 = Cidr(endpoint.GlobalIPv6Address, endpoint.GlobalIPv6PrefixLen),
            MacAddress = endpoint.MacAddress,
        };
        endpoint = WithDecisions(plugin, endpoint, plugin.CreateEndpoint(id, endpoint.EndpointId, asked, PluginOptions.OfEndpoint(endpoint)));
        try
        {
            var joined = plugin.Join(id, endpoint.EndpointId, sandbox.Key, PluginOptions.OfSandbox(sandbox.Options));
            try
            {
                endpoint = Adopt(sandbox, network, endpoint, joined);
                network.Replace(endpoint);
                return endpoint;
            }
            catch
            {
                TryAsk($"network {network.Record.Name}", () => plugin.Leave(id, endpoint.EndpointId));
                throw;
            }
        }
        catch
        {
            TryAsk($"network {network.Record.Name}", () => plugin.DeleteEndpoint(id, endpoint.EndpointId));
            throw;
        }
    }

    private static string Cidr(string address, int length) => address.Length > 0 ? $"{address}/{length}" : "";

    private static EndpointInfo WithDecisions(NetworkPlugin plugin, EndpointInfo endpoint, PluginInterface? decided)
    {
        if (decided is { Address.Length: > 0 })
        {
            var (address, length) = Decided(plugin, endpoint.IPAddress, decided.Address);
            endpoint = endpoint with { IPAddress = address, IPPrefixLen = length };
        }

        if (decided is { AddressIPv6.Length: > 0 })
        {
            var (address, length) = Decided(plugin, endpoint.GlobalIPv6Address, decided.AddressIPv6);
            endpoint = endpoint with { GlobalIPv6Address = address, GlobalIPv6PrefixLen = length };
        }

        if (decided is { MacAddress.Length: > 0 })
        {
            endpoint = endpoint.MacAddress.Length > 0 || MacAddress.Parse(decided.MacAddress) is not { } mac
                ? throw GantryException.Internal($"network driver {plugin.Name} answered with a hardware address that can't be used: {decided.MacAddress}")
                : endpoint with { MacAddress = MacAddress.Format(mac) };
        }

        return endpoint;
    }

    private static (string Address, int Length) Decided(NetworkPlugin plugin, string ours, string theirs) =>
        ours.Length == 0 && Subnet.TryParse(theirs, out var subnet, out var address)
            ? (address.ToString(), subnet.PrefixLength)
            : throw GantryException.Internal($"network driver {plugin.Name} answered with an address that can't be used: {theirs}");

    private EndpointInfo Adopt(SandboxEntry sandbox, NetworkEntry network, EndpointInfo endpoint, NetworkAnswer joined)
    {
        endpoint = endpoint with { Gateway = GatewayOf(joined.Gateway), IPv6Gateway = GatewayOf(joined.GatewayIPv6) };
        var source = joined.InterfaceName?.SrcName ?? "";
        if (source.Length == 0)
        {
            return endpoint;
        }

        var prefix = joined.InterfaceName!.DstPrefix is { Length: > 0 } given ? given : DefaultInterfacePrefix;
        endpoint = endpoint with
        {
            PluginInterfaceName = source,
            InterfaceName = endpoint.Options.DriverOpts.GetValueOrDefault(InterfaceNameKey) is { Length: > 0 } named ? named : FreeInterfaceName(sandbox, prefix),
        };
        try
        {
            var routes = (joined.StaticRoutes ?? []).Select(RouteOf).ToList();
            _endpoints.Adopt(source, PlanOf(network, endpoint) with { Adopted = true }, routes, sandbox.Namespace!);
            return endpoint;
        }
        catch (LinuxException e)
        {
            throw e.ToGantry($"failed to add interface {source} to sandbox");
        }
    }

    private static string GatewayOf(string? text) => string.IsNullOrEmpty(text) ? ""
        : IPAddress.TryParse(text, out var address) ? address.ToString()
        : throw GantryException.Internal($"failed to parse Gateway IP: {text}");

    private static StaticRoute RouteOf(PluginRoute route)
    {
        IPAddress? hop = null;
        return Subnet.TryParse(route.Destination ?? "", out var subnet, out _) && (route.RouteType == 1 || IPAddress.TryParse(route.NextHop, out hop))
            ? new StaticRoute(subnet.FirstAddress, subnet.PrefixLength, hop)
            : throw GantryException.Internal($"failed to parse static route {route.Destination} via {route.NextHop}");
    }

    /// <summary>Takes an endpoint off its plugin's network; what goes wrong is told in the log.</summary>
    private void LeavePlugin(SandboxEntry sandbox, EndpointInfo endpoint)
    {
        var driver = _networks[endpoint.NetworkId].Record.Driver;
        TryAsk($"network {endpoint.NetworkName}", () => _networkPlugins.Get(driver).Leave(endpoint.NetworkId, endpoint.EndpointId));
        if (endpoint.PluginInterfaceName is { } source && sandbox.Namespace is { } inside)
        {
            Attempt(sandbox, "give an interface back", () => _endpoints.GiveBack(endpoint.InterfaceName, source, inside));
        }

        TryAsk($"network {endpoint.NetworkName}", () => _networkPlugins.Get(driver).DeleteEndpoint(endpoint.NetworkId, endpoint.EndpointId));
    }

    /// <summary>Ports on plugins' networks are the plugins' to publish: they hear which endpoint has the default gateway.</summary>
    private void TellOfPorts(SandboxEntry sandbox, EndpointInfo? old, EndpointInfo? now)
    {
        if (old?.EndpointId == now?.EndpointId)
        {
            return;
        }

        if (old is not null && _networks.GetValueOrDefault(old.NetworkId) is { IsPlugin: true } left)
        {
            TryAsk($"network {left.Record.Name}", () => _networkPlugins.Get(left.Record.Driver).RevokeExternalConnectivity(old.NetworkId, old.EndpointId));
        }

        if (now is not null && _networks.GetValueOrDefault(now.NetworkId) is { IsPlugin: true } joined)
        {
            _networkPlugins.Get(joined.Record.Driver).ProgramExternalConnectivity(now.NetworkId, now.EndpointId, PluginOptions.OfSandbox(sandbox.Options));
        }
    }

    /// <summary>Gives back the addresses of a container that ended while no engine ran, and tells its plugin.</summary>
    private void Release(EndpointInfo endpoint)
    {
        if (_networks.GetValueOrDefault(endpoint.NetworkId) is not { } network)
        {
            return;
        }

        if (!IsOfPlugins(network))
        {
            network.Release(endpoint);
            return;
        }

        // Plugins may be down at this time, and the engine doesn't wait for them with its start.
        _ = Task.Run(() =>
        {
            if (network.IsPlugin)
            {
                TryAsk($"network {endpoint.NetworkName}", () => _networkPlugins.Get(network.Record.Driver).Leave(endpoint.NetworkId, endpoint.EndpointId));
                TryAsk($"network {endpoint.NetworkName}", () => _networkPlugins.Get(network.Record.Driver).DeleteEndpoint(endpoint.NetworkId, endpoint.EndpointId));
            }

            TryAsk($"network {endpoint.NetworkName}", () => network.Release(endpoint));
        });
    }
}
