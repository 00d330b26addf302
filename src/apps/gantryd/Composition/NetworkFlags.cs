using System.Globalization;
using System.Net;
using Gantry.Apps.Daemon.Flags;
using Gantry.Errors;
using Gantry.Networks;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>The flags about networks.</summary>
internal static class NetworkFlags
{
    /// <exception cref="GantryException">InvalidArgument in dockerd's words.</exception>
    internal static NetworkServiceOptions Read(FlagValues flags, string execRoot, string instanceId) => new()
    {
        RunDirectory = Path.Combine(execRoot, "netns"),
        InstanceId = instanceId,
        Dns = flags.List("dns"),
        DnsSearch = flags.List("dns-search"),
        DnsOptions = flags.List("dns-opt"),
        DefaultBridge = DefaultBridge(flags),
        DefaultNetworkOptions = NetworkOptions(flags),
        HostGatewayIps = flags.List("host-gateway-ip"),
        AddressPools = Pools(flags),
        UserlandProxy = flags.Bool("userland-proxy", absent: true),
        Firewall = flags.Bool("iptables", absent: true),
        FirewallIPv6 = flags.Bool("ip6tables", absent: true),
        Forwarding = flags.Bool("ip-forward", absent: true),
        AllowDirectRouting = flags.Bool("allow-direct-routing"),
    };

    /// <exception cref="GantryException">InvalidArgument: a pool that is none.</exception>
    internal static List<AddressPool> Pools(FlagValues flags) => flags.List("default-address-pool").Select(ParsePool).ToList();

    /// <summary>Finds values that would only come to light when the network is made.</summary>
    /// <exception cref="GantryException">InvalidArgument in dockerd's words.</exception>
    internal static void Check(FlagValues flags)
    {
        foreach (var flag in new[] { "ip", "default-gateway", "default-gateway-v6" }.Where(f => flags.Text(f).Length > 0 && !IPAddress.TryParse(flags.Text(f), out _)))
        {
            throw GantryException.InvalidArgument($"invalid argument \"{flags.Text(flag)}\" for \"--{flag}\" flag: failed to parse IP: \"{flags.Text(flag)}\"");
        }

        if (flags.Number("mtu", 0) < 0)
        {
            throw GantryException.InvalidArgument($"invalid default MTU: {flags.Number("mtu", 0)}");
        }

        foreach (var flag in new[] { "bip", "bip6" }.Where(f => flags.Text("bridge").Length > 0 && flags.Text(f).Length > 0))
        {
            throw GantryException.InvalidArgument($"failed to start daemon: You specified -b & --{flag}, mutually exclusive options. Please specify only one");
        }

        foreach (var flag in new[] { "bip", "bip6", "fixed-cidr" }.Where(f => flags.Text(f).Length > 0 && !IsAddressWithPrefix(flags.Text(f))))
        {
            throw GantryException.InvalidArgument($"parse {flag} failed: invalid CIDR address: {flags.Text(flag)}");
        }

        if (flags.Text("fixed-cidr-v6") is { Length: > 0 } fixedV6 && !(IsAddressWithPrefix(fixedV6) && fixedV6.Contains(':', StringComparison.Ordinal)))
        {
            throw GantryException.InvalidArgument($"invalid fixed-cidr-v6: {fixedV6}");
        }

        foreach (var flag in new[] { "iptables", "ip6tables" }.Where(f => !flags.Bool("icc", absent: true) && !flags.Bool(f, absent: true)))
        {
            throw GantryException.InvalidArgument($"failed to start daemon: You specified --{flag}=false with --icc=false. ICC=false uses {flag} to function. Please set --icc or --{flag} to true");
        }

        if (flags.List("host-gateway-ip").FirstOrDefault(a => !IPAddress.TryParse(a, out _)) is { } gateway)
        {
            throw GantryException.InvalidArgument($"invalid argument \"{gateway}\" for \"--host-gateway-ip\" flag: ParseAddr(\"{gateway}\"): unable to parse IP");
        }

        _ = NetworkOptions(flags);
        _ = Pools(flags);
    }

    private static DefaultBridgeOptions DefaultBridge(FlagValues flags) => new()
    {
        Bridge = flags.Text("bridge"),
        Address = flags.Text("bip"),
        AddressV6 = flags.Text("bip6"),
        FixedCidr = flags.Text("fixed-cidr"),
        FixedCidrV6 = flags.Text("fixed-cidr-v6"),
        Gateway = flags.Text("default-gateway"),
        GatewayV6 = flags.Text("default-gateway-v6"),
        EnableIPv6 = flags.Bool("ipv6"),
        Intercom = flags.Bool("icc", absent: true),
        Masquerade = flags.Bool("ip-masq", absent: true),
        Mtu = flags.Number("mtu", 0),
        HostIp = flags.Text("ip"),
    };

    /// <summary><c>driver=option=value</c>; the last one of a kind counts.</summary>
    private static Dictionary<string, IReadOnlyDictionary<string, string>> NetworkOptions(FlagValues flags)
    {
        var all = new Dictionary<string, Dictionary<string, string>>();
        foreach (var text in flags.List("default-network-opt"))
        {
            if (text.Split('=', 3) is not [{ Length: > 0 } driver, { Length: > 0 } option, var value])
            {
                throw GantryException.InvalidArgument($"invalid argument \"{text}\" for \"--default-network-opt\" flag: invalid format for default network options, expected: driver=opt=value");
            }

            if (!all.TryGetValue(driver, out var options))
            {
                all[driver] = options = [];
            }

            options[option] = value;
        }

        return all.ToDictionary(d => d.Key, d => (IReadOnlyDictionary<string, string>)d.Value);
    }

    private static AddressPool ParsePool(string text)
    {
        var parts = text.Split(',').Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0].Trim(), p => p[1].Trim());
        return parts.TryGetValue("base", out var pool) && parts.TryGetValue("size", out var size)
            && int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? new AddressPool(pool, length)
            : throw GantryException.InvalidArgument($"invalid argument \"{text}\" for \"--default-address-pool\" flag: want base=CIDR,size=N");
    }

    private static bool IsAddressWithPrefix(string text) =>
        text.Split('/') is [var address, var prefix]
        && IPAddress.TryParse(address, out var parsed)
        && int.TryParse(prefix, NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
        && bits <= parsed.GetAddressBytes().Length * 8;
}
