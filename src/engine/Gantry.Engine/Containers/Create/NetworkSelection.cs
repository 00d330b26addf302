using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Create;

/// <summary>Which networks a container joins, from its network mode and the endpoints a client configured.</summary>
internal static class NetworkSelection
{
    internal const string ContainerPrefix = "container:";

    internal static bool IsContainer(string? mode) => mode?.StartsWith(ContainerPrefix, StringComparison.Ordinal) == true;

    /// <summary>A network with name resolution, aliases and addresses of the user's choice.</summary>
    internal static bool IsUserDefined(string mode) => mode is not ("bridge" or "default" or "host" or "none") && !IsContainer(mode);

    /// <exception cref="GantryException">InvalidArgument in Docker's words: options that contradict the network mode.</exception>
    internal static void CheckConflicts(ContainerConfig config, HostConfig host)
    {
        var mode = host.NetworkMode ?? string.Empty;
        var isContainer = IsContainer(mode);
        if (mode is ContainerPrefix or "container")
        {
            throw GantryException.InvalidArgument("invalid network mode: invalid container format container:<name|id>");
        }

        Forbid(isContainer && !string.IsNullOrEmpty(config.Hostname), "hostname and the network mode");
        Forbid(host.UTSMode == "host" && !string.IsNullOrEmpty(config.Hostname), "hostname and the UTS mode");
        Forbid(isContainer && host.Links is { Count: > 0 },
            "container type network can't be used with links. This would result in undefined behavior");
        Forbid(mode == "host" && host.Links is { Count: > 0 },
            "host type networking can't be used with links. This would result in undefined behavior");
        Forbid(isContainer && host.Dns is { Count: > 0 }, "dns and the network mode");
        Forbid(isContainer && host.ExtraHosts is { Count: > 0 }, "custom host-to-IP mapping and the network mode");
        Forbid((isContainer || mode == "host") && !string.IsNullOrEmpty(config.MacAddress), "mac-address and the network mode");
        Forbid(isContainer && (host.PortBindings is { Count: > 0 } || host.PublishAllPorts == true),
            "port publishing and the container type network mode");
        Forbid(isContainer && config.ExposedPorts is { Count: > 0 }, "port exposing and the container type network mode");
    }

    /// <summary>Endpoints by network name as the client spelled it; the one of the network mode is always among them.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    /// <param name="subnets">The user's own subnets of a network by its name; null where it isn't known.</param>
    internal static IReadOnlyDictionary<string, EndpointSettings> Select(
        ContainerConfig config, HostConfig host, NetworkingConfig? networking, Func<string, IReadOnlyList<string>?> subnets)
    {
        var mode = host.NetworkMode!;
        if (IsContainer(mode) || config.NetworkDisabled == true)
        {
            return new Dictionary<string, EndpointSettings>();
        }

        var endpoints = new Dictionary<string, EndpointSettings>();
        foreach (var (name, settings) in networking?.EndpointsConfig ?? [])
        {
            endpoints[name == "default" ? "bridge" : name] = settings is null
                ? throw GantryException.InvalidArgument($"invalid config for network {name}: EndpointsConfig is nil")
                : settings with { };
        }

        if (endpoints.Keys.Any(n => n is "host" or "none") && endpoints.Count > 1)
        {
            throw GantryException.InvalidArgument("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
        }

        // Who names networks, but no mode, gets the named ones without the default bridge.
        if (!endpoints.TryGetValue(mode, out var primary) && (mode != "bridge" || endpoints.Count == 0))
        {
            endpoints[mode] = primary = new EndpointSettings();
        }

        if (!string.IsNullOrEmpty(config.MacAddress) && primary is not null)
        {
            if (!string.IsNullOrEmpty(primary.MacAddress) && primary.MacAddress != config.MacAddress)
            {
                throw GantryException.InvalidArgument(
                    "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty");
            }

            primary.MacAddress = config.MacAddress;
        }

        // Old clients look for the main network's address here.
        config.MacAddress = string.IsNullOrEmpty(primary?.MacAddress) ? config.MacAddress : primary.MacAddress;

        foreach (var (name, settings) in endpoints)
        {
            CheckCreated(name, settings, subnets(name));
        }

        return endpoints;
    }

    /// <param name="subnets">The user's own subnets of the network; null when the network isn't known yet, and then they are not looked at.</param>
    /// <exception cref="GantryException">InvalidArgument in Docker's words: one failure in a line, several as a list.</exception>
    internal static void CheckEndpoint(string network, EndpointSettings settings, IReadOnlyList<string>? subnets = null)
    {
        var isUserDefined = IsUserDefined(network);
        var failures = new List<string>();
        if (!isUserDefined && settings.Aliases is { Count: > 0 })
        {
            failures.Add("network-scoped alias is supported only for containers in user defined networks");
        }

        var addresses = new[] { (settings.IPAMConfig?.IPv4Address, AddressFamily.InterNetwork, "IPv4"), (settings.IPAMConfig?.IPv6Address, AddressFamily.InterNetworkV6, "IPv6") }
            .Where(a => !string.IsNullOrEmpty(a.Item1)).ToList();
        if (!isUserDefined && addresses.Count > 0)
        {
            failures.Add("user specified IP address is supported on user defined networks only");
        }

        failures.AddRange(addresses.Where(a => !IPAddress.TryParse(a.Item1, out var ip) || ip.AddressFamily != a.Item2).Select(a => $"invalid {a.Item3} address: {a.Item1}"));
        foreach (var (address, family, _) in addresses)
        {
            var ofFamily = subnets?.Where(s => s.Contains(':', StringComparison.Ordinal) == (family == AddressFamily.InterNetworkV6)).ToList();
            if (!isUserDefined || ofFamily is { Count: 0 })
            {
                failures.Add("user specified IP address is supported only when connecting to networks with user configured subnets");
            }
            else if (ofFamily is not null && !(IPAddress.TryParse(address, out var ip) && ofFamily.Any(s => IPNetwork.TryParse(s, out var net) && net.Contains(ip))))
            {
                failures.Add($"no configured subnet or ip-range contain the IP address {address}");
            }
        }

        if (failures.Count > 0)
        {
            throw GantryException.InvalidArgument("invalid endpoint settings:\n" + (failures.Count == 1 ? failures[0] : string.Join('\n', failures.Select(f => "* " + f))));
        }

        if (!string.IsNullOrEmpty(settings.MacAddress) && !PhysicalAddress.TryParse(settings.MacAddress, out _))
        {
            throw GantryException.InvalidArgument($"invalid MAC address {settings.MacAddress}");
        }
    }

    /// <summary>As <see cref="CheckEndpoint"/>, for the configuration of a container that is made.</summary>
    private static void CheckCreated(string network, EndpointSettings settings, IReadOnlyList<string>? subnets)
    {
        try
        {
            CheckEndpoint(network, settings, subnets);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"invalid config for network {network}: {e.Message}", e);
        }
    }

    private static void Forbid(bool conflict, string what)
    {
        if (conflict)
        {
            throw GantryException.InvalidArgument("conflicting options: " + what);
        }
    }
}
