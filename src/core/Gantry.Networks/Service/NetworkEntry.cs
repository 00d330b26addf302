using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Networks.Addressing;
using Gantry.Networks.Dns;
using Gantry.Networks.Drivers;
using Gantry.Networks.Plugins;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

/// <summary>A network in memory: its record, who is on it, which addresses are free and which names it knows.</summary>
internal sealed class NetworkEntry
{
    /// <summary>For the pools, which may be a plugin's and take their time.</summary>
    private readonly Lock _addresses = new();

    /// <summary>For what is below, and never held while a plugin is asked.</summary>
    private readonly Lock _lock = new();
    private readonly List<IAddressPool> _pools;
    private readonly List<EndpointInfo> _endpoints = [];
    private int _coming;
    private bool _removed;

    /// <param name="pluginPool">Opens a pool whose addresses a plugin gives.</param>
    public NetworkEntry(NetworkState state, BridgeSettings settings, Func<PoolState, IAddressPool>? pluginPool = null)
    {
        State = state;
        Settings = settings;
        _pools = [.. state.Pools.Select(p => p.PluginPool is not null && pluginPool is not null ? pluginPool(p) : Restore(p))];
    }

    public NetworkState State { get; }

    public NetworkRecord Record => State.Record;

    public BridgeSettings Settings { get; }

    public NameTable Names { get; } = new();

    /// <summary>Index of the bridge device, or 0.</summary>
    public int BridgeIndex { get; set; }

    /// <summary>What a macvlan or ipvlan network hangs on, or null.</summary>
    public ParentSettings? Parent { get; init; }

    /// <summary>Containers get an interface on it.</summary>
    public bool HasInterface => IsBridge || IsPlugin || Parent is not null;

    /// <summary>A plugin makes the network and the interfaces.</summary>
    public bool IsPlugin => !Record.ConfigOnly && !NetworkDrivers.IsBuiltIn(Record.Driver);

    /// <summary>Default routes lead to the interface itself rather than to a gateway's address.</summary>
    public bool RoutesToDevice => Parent is { Driver: NetworkDrivers.Ipvlan, Mode: "l3" or "l3s", IsDummy: false } && !Record.Internal;

    public bool IsBridge => Record.Driver == NetworkDrivers.Bridge && !Record.ConfigOnly;

    /// <summary>Containers find each other by name here.</summary>
    public bool HasNames => HasInterface && !Record.Predefined;

    /// <summary>Subnets that the maker of the network named.</summary>
    public IReadOnlyList<Subnet> ConfiguredSubnets => [.. State.Pools.Where(p => p.Configured).Select(p => Parse(p.Subnet))];

    public IReadOnlyList<Subnet> Subnets => [.. _pools.Select(p => p.Subnet)];

    public IReadOnlyList<EndpointInfo> Endpoints
    {
        get
        {
            lock (_lock)
            {
                return [.. _endpoints];
            }
        }
    }

    /// <summary>The address of the bridge in a family, or null.</summary>
    public IPAddress? Gateway(AddressFamily family) => State.Pools
        .Where(p => p.Gateway.Length > 0).Select(p => IPAddress.Parse(p.Gateway)).FirstOrDefault(a => a.AddressFamily == family);

    /// <summary>Takes an address of each family for a new endpoint and enters it, so that the network can't be removed any more.</summary>
    /// <param name="ipv6">False: none of IPv6, whatever the network has.</param>
    public EndpointInfo Admit(EndpointInfo endpoint, bool ipv6 = true)
    {
        lock (_lock)
        {
            if (_removed)
            {
                throw GantryException.NotFound($"network {Record.Name} not found");
            }

            _coming++;
        }

        EndpointInfo? admitted = null;
        try
        {
            admitted = TakeAddresses(endpoint, ipv6);
            return admitted;
        }
        finally
        {
            lock (_lock)
            {
                _coming--;
                if (admitted is not null)
                {
                    _endpoints.Add(admitted);
                }
            }
        }
    }

    private EndpointInfo TakeAddresses(EndpointInfo endpoint, bool ipv6)
    {
        lock (_addresses)
        {
            var taken = new List<(IAddressPool Pool, IPAddress Address)>();
            try
            {
                foreach (var family in _pools.Where(p => ipv6 || !p.Subnet.IsV6).GroupBy(p => p.Subnet.IsV6))
                {
                    var (pool, address) = Take([.. family], family.Key ? endpoint.Options.IPv6Address : endpoint.Options.IPv4Address, endpoint.MacAddress);
                    taken.Add((pool, address));
                    endpoint = WithAddress(endpoint, pool.Subnet, address);
                }

                return endpoint;
            }
            catch
            {
                taken.ForEach(t => t.Pool.Release(t.Address));
                throw;
            }
        }
    }

    /// <summary>Enters an endpoint that a record says exists.</summary>
    public void Restore(EndpointInfo endpoint)
    {
        lock (_addresses)
        {
            foreach (var (pool, address) in AddressesOf(endpoint))
            {
                pool.Restore(address, endpoint.MacAddress);
            }
        }

        lock (_lock)
        {
            _endpoints.Add(endpoint);
        }
    }

    /// <summary>Has the plugin that gives its addresses know what it gave before the engine started.</summary>
    /// <exception cref="GantryException">The plugin can't be asked.</exception>
    public void ReplayAddresses()
    {
        lock (_addresses)
        {
            foreach (var pool in _pools.OfType<PluginAddressPool>())
            {
                pool.Replay();
            }
        }
    }

    public void Replace(EndpointInfo endpoint)
    {
        lock (_lock)
        {
            var index = _endpoints.FindIndex(e => e.EndpointId == endpoint.EndpointId);
            if (index >= 0)
            {
                _endpoints[index] = endpoint;
            }
        }
    }

    public void Release(EndpointInfo endpoint)
    {
        lock (_addresses)
        {
            bool known;
            lock (_lock)
            {
                known = _endpoints.RemoveAll(e => e.EndpointId == endpoint.EndpointId) > 0;
            }

            foreach (var (pool, address) in known ? AddressesOf(endpoint) : [])
            {
                pool.Release(address);
            }
        }
    }

    /// <summary>Closed to new endpoints: it is being removed.</summary>
    public bool IsRetired
    {
        get
        {
            lock (_lock)
            {
                return _removed;
            }
        }
    }

    /// <summary>Closes the network to new endpoints; false when it has some.</summary>
    public bool TryRetire()
    {
        lock (_lock)
        {
            _removed = _endpoints.Count == 0 && _coming == 0;
            return _removed;
        }
    }

    /// <summary>Opens the network again after a removal that failed.</summary>
    public void Revive()
    {
        lock (_lock)
        {
            _removed = false;
        }
    }

    /// <exception cref="GantryException">DataCorrupt: the record has none.</exception>
    internal static Subnet SubnetOf(PoolState pool) => Parse(pool.Subnet);

    private static AddressAllocator Restore(PoolState pool)
    {
        var allocator = new AddressAllocator(Parse(pool.Subnet), Parse(pool.Range));
        foreach (var address in pool.Excluded.Append(pool.Gateway).Where(a => a.Length > 0))
        {
            allocator.TryReserve(IPAddress.Parse(address));
        }

        return allocator;
    }

    private static Subnet Parse(string text) =>
        Subnet.TryParse(text, out var subnet, out _) ? subnet : throw GantryException.DataCorrupt($"invalid subnet {text} in a network record");

    /// <summary>The address that is wanted, or the next free one of the first subnet that has any.</summary>
    private (IAddressPool Pool, IPAddress Address) Take(IReadOnlyList<IAddressPool> pools, string wanted, string mac)
    {
        if (wanted.Length > 0)
        {
            var address = IPAddress.Parse(wanted);
            return pools.FirstOrDefault(p => p.Subnet.Contains(address) && p.TryReserve(address, mac)) is { } holder ? (holder, address) : throw new GantryException(ErrorKind.Forbidden, "Address already in use");
        }

        foreach (var pool in pools)
        {
            if (pool.Allocate(mac) is { } address)
            {
                return (pool, address);
            }
        }

        throw new GantryException(
            ErrorKind.Internal,
            $"no available {(pools[0].Subnet.IsV6 ? "IPv6" : "IPv4")} addresses on this network's address pools: {Record.Name} ({Record.Id})");
    }

    private EndpointInfo WithAddress(EndpointInfo endpoint, Subnet subnet, IPAddress address)
    {
        var pool = State.Pools.First(p => p.Subnet == subnet.ToString());
        var gateway = Record.Internal || IsPlugin || RoutesToDevice || Parent is { IsDummy: true } ? "" : pool.ContainerGateway.Length > 0 ? pool.ContainerGateway : pool.Gateway;
        return subnet.IsV6
            ? endpoint with { GlobalIPv6Address = address.ToString(), GlobalIPv6PrefixLen = subnet.PrefixLength, IPv6Gateway = gateway }
            : endpoint with { IPAddress = address.ToString(), IPPrefixLen = subnet.PrefixLength, Gateway = gateway };
    }

    private IEnumerable<(IAddressPool Pool, IPAddress Address)> AddressesOf(EndpointInfo endpoint) =>
        from text in new[] { endpoint.IPAddress, endpoint.GlobalIPv6Address }
        where text.Length > 0
        let address = IPAddress.Parse(text)
        let pool = _pools.FirstOrDefault(p => p.Subnet.Contains(address))
        where pool is not null
        select (pool, address);
}
