using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Addressing;
using Gantry.Networks.Drivers;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

/// <summary>Turns the daemon's flags into the network named <c>bridge</c>.</summary>
/// <param name="warn">Takes what is odd about the flags and does no harm.</param>
internal sealed class DefaultBridge(DefaultBridgeOptions options, NetlinkSocket route, Action<string> warn)
{
    private const int DefaultMtu = 1500;
    private static readonly DefaultBridgeOptions s_default = new();

    /// <summary>Where every device has an address that the kernel gave it. Other prefixes in fe80::/10 are nobody's and may be a network's.</summary>
    private static readonly Subnet s_kernelLinkLocal = Subnet.Of(IPAddress.Parse("fe80::"), 64);

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
        var pool = Parse(range);
        var bridge = Parse(address.Length > 0 || options.Bridge.Length == 0 ? address : AddressOfBridge(v6, pool));
        var subnet = bridge?.Subnet ?? pool?.Subnet;
        if (subnet is null)
        {
            return null;
        }

        if (bridge is not null && pool is not null && !bridge.Value.Subnet.Contains(pool.Value.Subnet))
        {
            var where = options.Bridge.Length > 0 ? "addresses on the user-managed default bridge" : "bip";
            var message = $"{(v6 ? "fixed-cidr-v6" : "fixed-cidr")}={range} is outside any subnet implied by {where}";
            if (v6 || options.Bridge.Length == 0)
            {
                throw GantryException.InvalidArgument(message);
            }

            // Docker always took this for IPv4: containers get addresses from the whole of the bridge's subnet.
            warn(message + ", this may be treated as an error in a future release");
            pool = null;
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

    /// <summary>
    /// What somebody else's bridge has: an address whose subnet holds the range if there is one, else one inside the range, else the first. The
    /// address that the kernel gave the bridge counts only where the range is of that kind.
    /// </summary>
    private string AddressOfBridge(bool v6, (Subnet Subnet, string Address)? range)
    {
        var link = route.FindLink(options.Bridge) ?? throw new GantryException(ErrorKind.Forbidden, $"bridge device with non default name {options.Bridge} must be created manually");
        var family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var start = range is { } given ? IPAddress.Parse(given.Address) : null;
        var wantsLinkLocal = start is not null && s_kernelLinkLocal.Contains(start);
        var all = route.ListAddresses()
            .Where(a => a.LinkIndex == link.Index && a.Address.AddressFamily == family && (wantsLinkLocal || !s_kernelLinkLocal.Contains(a.Address))).ToList();
        var best = all.Where(a => start is not null && Subnet.Of(a.Address, a.PrefixLength).Contains(start))
            .Concat(all.Where(a => range is { } r && r.Subnet.Contains(a.Address))).Concat(all).FirstOrDefault();
        return best is null ? "" : $"{new IPAddress(best.Address.GetAddressBytes())}/{best.PrefixLength}";
    }

    private static (Subnet Subnet, string Address)? Parse(string text) => text.Length == 0
        ? null
        : Subnet.TryParse(text, out var subnet, out var address) ? (subnet, address.ToString()) : throw GantryException.InvalidArgument($"invalid CIDR address: {text}");
}
