using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gantry.Errors;
using Gantry.Networks.Addressing;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

/// <summary>Turns what is asked for into pools: given subnets, or free ones where none is given.</summary>
internal sealed class NetworkPlanner(NetworkServiceOptions options)
{
    /// <summary>Auxiliary address of this name and family: the default gateway of containers.</summary>
    internal const string DefaultGatewayKey = "DefaultGatewayIP";

    private readonly IReadOnlyList<AddressPool> _pools = options.AddressPools.Count > 0 ? options.AddressPools : SubnetChooser.DefaultPools;

    /// <param name="taken">Subnets of other networks; a given subnet must not overlap them.</param>
    /// <param name="avoid">Further ranges, such as the host's routes, that a chosen subnet keeps off.</param>
    /// <param name="gateways">Families in which the network's subnets need an address for a gateway, unless one is given.</param>
    public List<PoolState> Plan(NetworkCreateOptions request, (bool V4, bool V6) gateways, IReadOnlyCollection<Subnet> taken, IReadOnlyCollection<Subnet> avoid)
    {
        var pools = new List<PoolState>();
        foreach (var v6 in (bool[])[false, true])
        {
            if (v6 ? request.EnableIPv6 == true : request.EnableIPv4 != false)
            {
                pools.AddRange(PlanFamily(request, v6, v6 ? gateways.V6 : gateways.V4, taken, avoid));
            }
        }

        return pools;
    }

    private IEnumerable<PoolState> PlanFamily(NetworkCreateOptions request, bool v6, bool gateway, IReadOnlyCollection<Subnet> taken, IReadOnlyCollection<Subnet> avoid)
    {
        var given = request.Ipam.Configs.Where(c => Parse(c.Subnet).IsV6 == v6).ToList();
        if (given.Count == 0)
        {
            return [Choose(v6, gateway, [.. taken, .. avoid])];
        }

        if (given.Count > 1 && request.Driver == NetworkDrivers.Bridge)
        {
            throw new GantryException(ErrorKind.Forbidden, "bridge driver doesn't support multiple subnets");
        }

        var pools = new List<PoolState>();
        foreach (var config in given)
        {
            pools.Add(Take(config, gateway, [.. taken, .. pools.Select(p => Parse(p.Subnet))]) with { Configured = true });
        }

        return pools;
    }

    private PoolState Choose(bool v6, bool gateway, IReadOnlyCollection<Subnet> taken)
    {
        var subnet = SubnetChooser.Choose(v6 ? [.. _pools, LocalPool()] : _pools, v6, taken)
            ?? throw new GantryException(
                ErrorKind.NotFound,
                $"could not find an available, non-overlapping {(v6 ? "IPv6" : "IPv4")} address pool among the defaults to assign to the network");
        return Take(new NetworkIpamConfig { Subnet = subnet.ToString() }, gateway, []);
    }

    private static PoolState Take(NetworkIpamConfig config, bool needsGateway, IReadOnlyCollection<Subnet> taken)
    {
        var subnet = Parse(config.Subnet);
        if (taken.Any(subnet.Overlaps))
        {
            throw new GantryException(ErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space");
        }

        var range = config.IPRange.Length > 0 ? Parse(config.IPRange) : subnet;
        var allocator = new AddressAllocator(subnet, range);
        var gateway = needsGateway || config.Gateway.Length > 0 ? Gateway(config, allocator) : "";
        foreach (var (name, address) in config.AuxiliaryAddresses ?? new Dictionary<string, string>())
        {
            if (!allocator.TryReserve(IPAddress.Parse(address)))
            {
                throw new GantryException(ErrorKind.Forbidden, $"failed to allocate secondary ip address ({name}:{address}): Address already in use");
            }
        }

        return new PoolState
        {
            Subnet = subnet.ToString(),
            Range = range.ToString(),
            Gateway = gateway,
            ContainerGateway = config.AuxiliaryAddresses?.GetValueOrDefault(subnet.IsV6 ? DefaultGatewayKey + "v6" : DefaultGatewayKey + "v4") ?? "",
            Excluded = [.. config.AuxiliaryAddresses?.Values ?? []],
        };
    }

    private static string Gateway(NetworkIpamConfig config, AddressAllocator allocator)
    {
        if (config.Gateway.Length == 0)
        {
            return allocator.Allocate()?.ToString() ?? throw new GantryException(ErrorKind.Forbidden, "failed to allocate gateway (): no available IP");
        }

        return allocator.TryReserve(IPAddress.Parse(config.Gateway))
            ? config.Gateway
            : throw new GantryException(ErrorKind.Forbidden, $"failed to allocate gateway ({config.Gateway}): Address already in use");
    }

    /// <summary>A unique local prefix (RFC 4193) that belongs to this engine and stays the same over restarts.</summary>
    private AddressPool LocalPool()
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(options.InstanceId));
        var prefix = new byte[16];
        prefix[0] = 0xfd;
        hash.AsSpan(0, 5).CopyTo(prefix.AsSpan(1));
        return new AddressPool($"{new IPAddress(prefix)}/48", 64);
    }

    private static Subnet Parse(string text) =>
        Subnet.TryParse(text, out var subnet, out _) ? subnet : throw GantryException.InvalidArgument($"invalid subnet {text}: invalid CIDR block notation");
}
