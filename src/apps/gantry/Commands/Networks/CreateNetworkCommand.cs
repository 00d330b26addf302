using System.Net;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Networks;

/// <summary>docker network create.</summary>
internal sealed class CreateNetworkCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _attachable = flags.Bool("attachable", "Enable manual container attachment");
    private readonly ListFlag<KeyValuePair<string, string>> _auxiliary = flags.Map("aux-address", "Auxiliary IPv4 or IPv6 addresses used by Network driver");
    private readonly Flag<string> _configFrom = flags.String("config-from", "The network from which to copy the configuration");
    private readonly Flag<bool> _configOnly = flags.Bool("config-only", "Create a configuration only network");
    private readonly Flag<string> _driver = flags.String("driver", "Driver to manage the Network", 'd', "bridge");
    private readonly ListFlag<string> _gateways = flags.Strings("gateway", "IPv4 or IPv6 Gateway for the master subnet");
    private readonly Flag<bool> _ingress = flags.Bool("ingress", "Create swarm routing-mesh network");
    private readonly Flag<bool> _internal = flags.Bool("internal", "Restrict external access to the network");
    private readonly ListFlag<string> _ranges = flags.Strings("ip-range", "Allocate container ip from a sub-range");
    private readonly Flag<string> _ipamDriver = flags.String("ipam-driver", "IP Address Management Driver", value: "default");
    private readonly ListFlag<KeyValuePair<string, string>> _ipamOptions = flags.Map("ipam-opt", "Set IPAM driver specific options");
    private readonly Flag<bool> _ipv4 = flags.Bool("ipv4", "Enable or disable IPv4 address assignment", value: true);
    private readonly Flag<bool> _ipv6 = flags.Bool("ipv6", "Enable or disable IPv6 address assignment");
    private readonly ListFlag<string> _labels = flags.List("label", "Set metadata on a network", check: FlagChecks.Label);
    private readonly ListFlag<KeyValuePair<string, string>> _options = flags.Map("opt", "Set driver specific options", 'o');
    private readonly Flag<string> _scope = flags.String("scope", "Control the network's scope");
    private readonly ListFlag<string> _subnets = flags.Strings("subnet", "Subnet in CIDR format that represents a network segment");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var pools = Pools();
        var request = new NetworkCreateRequest
        {
            Name = arguments[0],
            Driver = _driver,
            Options = Map(_options.Values),
            IPAM = new IPAM { Driver = _ipamDriver, Config = pools, Options = Map(_ipamOptions.Values) },
            Internal = _internal,
            EnableIPv4 = _ipv4.Changed ? _ipv4.Value : null,
            EnableIPv6 = _ipv6.Changed ? _ipv6.Value : null,
            Attachable = _attachable,
            Ingress = _ingress,
            Scope = _scope,
            ConfigOnly = _configOnly,
            ConfigFrom = _configFrom.Value.Length > 0 ? new ConfigReference { Network = _configFrom } : null,
            Labels = Map(_labels.Values.Select(FlagValues.Pair)),
        };
        var response = await cli.Client.CreateNetworkAsync(request, cancellationToken);
        if (!string.IsNullOrEmpty(response.Warning))
        {
            cli.Error.WriteLine($"WARNING: {response.Warning}");
        }

        cli.Out.WriteLine(response.Id ?? "");
        return 0;
    }

    /// <summary>Sorts ranges, gateways and auxiliary addresses to the subnets that contain them.</summary>
    private List<IPAMConfig> Pools()
    {
        if (_subnets.Values.Count < _ranges.Values.Count || _subnets.Values.Count < _gateways.Values.Count)
        {
            throw Invalid("every ip-range or gateway must have a corresponding subnet");
        }

        var pools = new List<(IPNetwork Network, IPAMConfig Config)>();
        foreach (var text in _subnets.Values)
        {
            if (ParseSubnet(text) is not { } network)
            {
                // The engine says what is wrong with it.
                pools.Add((default, new IPAMConfig { Subnet = text }));
                continue;
            }

            if (pools.Exists(p => p.Network != default && (p.Network.Contains(network.BaseAddress) || network.Contains(p.Network.BaseAddress))))
            {
                throw Invalid("multiple overlapping subnet configuration is not supported");
            }

            pools.Add((network, new IPAMConfig { Subnet = text }));
        }

        foreach (var range in _ranges.Values)
        {
            var pool = Find(pools, ParseSubnet(range)?.BaseAddress) ?? throw Invalid($"no matching subnet for range {range}");
            pool.IPRange = pool.IPRange is null ? range : throw Invalid($"cannot configure multiple ranges ({range}, {pool.IPRange}) on the same subnet ({pool.Subnet})");
        }

        foreach (var gateway in _gateways.Values)
        {
            var pool = Find(pools, ParseAddress(gateway)) ?? throw Invalid($"no matching subnet for gateway {gateway}");
            pool.Gateway = pool.Gateway is null ? gateway : throw Invalid($"cannot configure multiple gateways ({gateway}, {pool.Gateway}) for the same subnet ({pool.Subnet})");
        }

        foreach (var (name, address) in _auxiliary.Values)
        {
            var pool = Find(pools, address.Length == 0 ? null : ParseAddress(address)) ?? throw Invalid($"no matching subnet for aux-address {address}");
            (pool.AuxiliaryAddresses ??= [])[name] = address;
        }

        return [.. pools.Select(p => p.Config)];
    }

    private static IPAMConfig? Find(List<(IPNetwork Network, IPAMConfig Config)> pools, IPAddress? address) =>
        address is null ? null : pools.Find(p => p.Network != default && p.Network.Contains(address)).Config;

    private static IPNetwork? ParseSubnet(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IPAddress.TryParse(text.AsSpan(0, slash), out var address) || !int.TryParse(text.AsSpan(slash + 1), out var prefix)
            || prefix < 0 || prefix > address.GetAddressBytes().Length * 8)
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), prefix);
    }

    private static IPAddress ParseAddress(string text) => IPAddress.TryParse(text, out var address) ? address : throw Invalid($"invalid address {text}");

    private static Dictionary<string, string> Map(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            map[key] = value;
        }

        return map;
    }

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
