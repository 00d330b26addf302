using System.Net;
using Gantry.Errors;
using Gantry.Networks.Addressing;

namespace Gantry.Networks.Service;

/// <summary>Checks on addresses that a client gives for a network or endpoint, in Docker's words.</summary>
internal static class IpamRules
{
    /// <exception cref="GantryException">One or more things are wrong; all are named.</exception>
    public static void CheckNetwork(NetworkIpam ipam, bool enableIPv6) =>
        Throw("invalid network config:", [.. ipam.Configs.SelectMany(c => CheckPool(c, enableIPv6))]);

    /// <param name="network">The network to join.</param>
    /// <param name="configured">Subnets that the network's maker gave.</param>
    public static void CheckEndpoint(NetworkRecord network, IReadOnlyList<Subnet> configured, EndpointOptions options)
    {
        var userDefined = !network.Predefined;
        var errors = new List<string>();
        errors.AddRange(CheckAddress(options.IPv4Address, "IPv4", userDefined, [.. configured.Where(s => !s.IsV6)]));
        errors.AddRange(CheckAddress(options.IPv6Address, "IPv6", userDefined, [.. configured.Where(s => s.IsV6)]));
        errors.AddRange(options.LinkLocalIPs.Where(a => !Subnet.TryParseAddress(a, out _)).Select(a => $"invalid link-local IP address: {a}"));
        if (options.Aliases.Count > 0 && !userDefined)
        {
            errors.Add("network-scoped alias is supported only for containers in user defined networks");
        }

        if (options.MacAddress.Length > 0 && MacAddress.Parse(options.MacAddress) is null)
        {
            errors.Add($"invalid MAC address: {options.MacAddress}");
        }

        if (options.DriverOpts.TryGetValue(Drivers.InterfaceSysctls.Key, out var sysctls))
        {
            errors.AddRange(Drivers.InterfaceSysctls.Check(sysctls));
        }

        Throw("invalid endpoint settings:", errors);
    }

    private static IEnumerable<string> CheckAddress(string text, string family, bool userDefined, IReadOnlyList<Subnet> configured)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        if (!Subnet.TryParseAddress(text, out var address) || (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) != (family == "IPv6"))
        {
            yield return $"invalid {family} address: {text}";
        }

        if (!userDefined)
        {
            yield return "user specified IP address is supported on user defined networks only";
        }

        if (configured.Count == 0)
        {
            yield return "user specified IP address is supported only when connecting to networks with user configured subnets";
        }
        else if (!configured.Any(s => s.Contains(address)))
        {
            yield return $"no configured subnet or ip-range contain the IP address {text}";
        }
    }

    private static IEnumerable<string> CheckPool(NetworkIpamConfig config, bool enableIPv6)
    {
        if (!Subnet.TryParse(config.Subnet, out var subnet, out var given))
        {
            return [$"invalid subnet {config.Subnet}: invalid CIDR block notation"];
        }

        if (subnet.IsV6 && !enableIPv6)
        {
            return [];
        }

        IEnumerable<string> own = given.Equals(subnet.FirstAddress) ? [] : [$"invalid subnet {config.Subnet}: it should be {subnet}"];
        return own
            .Concat(CheckRange(config.IPRange, subnet))
            .Concat(CheckMember("gateway", config.Gateway, subnet))
            .Concat((config.AuxiliaryAddresses ?? new Dictionary<string, string>()).OrderBy(a => a.Key, StringComparer.Ordinal)
                .SelectMany(a => CheckMember($"auxiliary address {a.Key}", a.Value, subnet, named: false)));
    }

    private static IEnumerable<string> CheckRange(string text, Subnet subnet)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        if (!Subnet.TryParse(text, out var range, out var given))
        {
            yield return $"invalid ip-range {text}: invalid CIDR block notation";
        }
        else if (range.IsV6 != subnet.IsV6)
        {
            yield return $"invalid ip-range {text}: parent subnet is an {Family(subnet)} block";
        }
        else
        {
            if (range.PrefixLength < subnet.PrefixLength)
            {
                yield return $"invalid ip-range {text}: CIDR block is bigger than its parent subnet {subnet}";
            }

            if (!given.Equals(range.FirstAddress))
            {
                yield return $"invalid ip-range {text}: it should be {range}";
            }

            if (!range.Overlaps(subnet))
            {
                yield return $"invalid ip-range {text}: parent subnet {subnet} doesn't contain ip-range";
            }
        }
    }

    private static IEnumerable<string> CheckMember(string what, string text, Subnet subnet, bool named = true)
    {
        var subject = named ? $"{what} {text}" : what;
        if (text.Length == 0)
        {
            return [];
        }

        if (!Subnet.TryParseAddress(text, out IPAddress address))
        {
            return [$"invalid {subject}: invalid address"];
        }

        if ((address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) != subnet.IsV6)
        {
            return [$"invalid {subject}: parent subnet is an {Family(subnet)} block"];
        }

        return subnet.Contains(address) ? [] : [$"invalid {subject}: parent subnet {subnet} doesn't contain this address"];
    }

    private static string Family(Subnet subnet) => subnet.IsV6 ? "IPv6" : "IPv4";

    private static void Throw(string head, IReadOnlyList<string> errors)
    {
        if (errors.Count > 0)
        {
            var body = errors.Count == 1 ? errors[0] : string.Join('\n', errors.Select(e => $"* {e}"));
            throw GantryException.InvalidArgument($"{head}\n{body}");
        }
    }

    /// <summary>What only a start or a connection finds.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static void CheckLinkLocal(EndpointOptions options)
    {
        if (options.LinkLocalIPs.FirstOrDefault(a => !IsLinkLocal(System.Net.IPAddress.Parse(a))) is { } address)
        {
            throw GantryException.InvalidArgument($"invalid link local IP address: {address}");
        }
    }

    private static bool IsLinkLocal(System.Net.IPAddress address) =>
        address.IsIPv6LinkLocal || (address.GetAddressBytes() is [169, 254, _, _]);
}
