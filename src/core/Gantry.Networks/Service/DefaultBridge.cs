using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Addressing;
using Gantry.Networks.Drivers;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

/// <summary>Turns the daemon's flags into the network named <c>bridge</c>.</summary>
internal sealed class DefaultBridge(DefaultBridgeOptions options, NetlinkSocket route)
{
    private const int DefaultMtu = 1500;
    private static readonly DefaultBridgeOptions s_default = new();

    /// <summary>The flags it is made from, to tell whether they have changed; empty for none.</summary>
    public string Origin { get; } = options == s_default ? "" : JsonSerializer.Serialize(options, StateJson.Default.DefaultBridgeOptions);

    /// <exception cref="GantryException">The flags contradict each other, or the bridge.</exception>
    public NetworkCreateOptions Plan()
    {
        var driverOptions = new Dictionary<string, string>
        {
            [BridgeSettings.DefaultBridgeKey] = "true",
            [BridgeSettings.IntercomKey] = Text(options.Intercom),
            [BridgeSettings.MasqueradeKey] = Text(options.Masquerade),
            [BridgeSettings.HostBindingKey] = options.HostIp.Length > 0 ? options.HostIp : "0.0.0.0",
            [BridgeSettings.NameKey] = options.Bridge.Length > 0 ? options.Bridge : FreeName(),
            [BridgeSettings.MtuKey] = (options.Mtu > 0 ? options.Mtu : DefaultMtu).ToString(CultureInfo.InvariantCulture),
        };
        List<NetworkIpamConfig?> configs = [Config(v6: false), options.EnableIPv6 ? Config(v6: true) : null];
        return new NetworkCreateOptions
        {
            Name = NetworkDrivers.Bridge,
            Driver = NetworkDrivers.Bridge,
            EnableIPv6 = options.EnableIPv6,
            Ipam = new NetworkIpam { Configs = [.. configs.OfType<NetworkIpamConfig>()] },
            Options = driverOptions,
        };
    }

    private static string Text(bool value) => value ? "true" : "false";

    private string FreeName() =>
        Enumerable.Range(0, int.MaxValue).Select(n => $"{NetworkService.BridgePrefix}{n}").First(name => route.FindLink(name) is null);

    /// <summary>The subnet of one family, or null to choose one.</summary>
    private NetworkIpamConfig? Config(bool v6)
    {
        var (address, range, gateway) = v6 ? (options.AddressV6, options.FixedCidrV6, options.GatewayV6) : (options.Address, options.FixedCidr, options.Gateway);
        var bridge = Parse(address.Length > 0 || options.Bridge.Length == 0 ? address : AddressOfBridge(v6, range));
        var pool = Parse(range);
        var subnet = bridge?.Subnet ?? pool?.Subnet;
        if (subnet is null)
        {
            return null;
        }

        if (bridge is not null && pool is not null && !bridge.Value.Subnet.Contains(pool.Value.Subnet))
        {
            throw GantryException.InvalidArgument(
                $"{(v6 ? "fixed-cidr-v6" : "fixed-cidr")}={range} is outside any subnet implied by {(options.Bridge.Length > 0 ? "addresses on the user-managed default bridge" : "bip")}");
        }

        return new NetworkIpamConfig
        {
            Subnet = subnet.Value.ToString(),
            IPRange = pool?.Subnet.ToString() ?? "",
            Gateway = bridge?.Address ?? "",
            AuxiliaryAddresses = gateway.Length > 0
                ? new Dictionary<string, string> { [NetworkPlanner.DefaultGatewayKey + (v6 ? "v6" : "v4")] = gateway }
                : null,
        };
    }

    /// <summary>What somebody else's bridge has: an address inside the range if there is one, else the first.</summary>
    private string AddressOfBridge(bool v6, string range)
    {
        var link = route.FindLink(options.Bridge) ?? throw new GantryException(ErrorKind.Forbidden, $"bridge device with non default name {options.Bridge} must be created manually");
        var family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var all = route.ListAddresses().Where(a => a.LinkIndex == link.Index && a.Address.AddressFamily == family && !a.Address.IsIPv6LinkLocal).ToList();
        var pool = Parse(range)?.Subnet;
        var best = all.Where(a => pool is null || Subnet.Of(a.Address, a.PrefixLength).Contains(pool.Value)).Concat(all).FirstOrDefault();
        return best is null ? "" : $"{best.Address}/{best.PrefixLength}";
    }

    private static (Subnet Subnet, string Address)? Parse(string text) => text.Length == 0
        ? null
        : Subnet.TryParse(text, out var subnet, out var address) ? (subnet, address.ToString()) : throw GantryException.InvalidArgument($"invalid CIDR address: {text}");
}
