using System.Net.NetworkInformation;
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
    internal static IReadOnlyDictionary<string, EndpointSettings> Select(ContainerConfig config, HostConfig host, NetworkingConfig? networking)
    {
        var mode = host.NetworkMode!;
        if (IsContainer(mode) || config.NetworkDisabled == true)
        {
            return new Dictionary<string, EndpointSettings>();
        }

        var endpoints = new Dictionary<string, EndpointSettings>();
        foreach (var (name, settings) in networking?.EndpointsConfig ?? [])
        {
            endpoints[name == "default" ? "bridge" : name] = settings is null ? new EndpointSettings() : settings with { };
        }

        if (endpoints.Keys.Any(n => n is "host" or "none") && endpoints.Count > 1)
        {
            throw GantryException.InvalidArgument("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
        }

        if (!endpoints.TryGetValue(mode, out var primary))
        {
            endpoints[mode] = primary = new EndpointSettings();
        }

        if (!string.IsNullOrEmpty(config.MacAddress))
        {
            if (!string.IsNullOrEmpty(primary.MacAddress) && primary.MacAddress != config.MacAddress)
            {
                throw GantryException.InvalidArgument(
                    "conflicting MAC address specified: the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty");
            }

            primary.MacAddress = config.MacAddress;
        }

        foreach (var (name, settings) in endpoints)
        {
            CheckEndpoint(name, settings);
            if (!string.IsNullOrEmpty(settings.MacAddress) && !PhysicalAddress.TryParse(settings.MacAddress.Replace(':', '-'), out _))
            {
                throw GantryException.InvalidArgument($"invalid config for network {name}: invalid MAC address {settings.MacAddress}");
            }
        }

        return endpoints;
    }

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void CheckEndpoint(string network, EndpointSettings settings)
    {
        if (IsUserDefined(network))
        {
            return;
        }

        if (!string.IsNullOrEmpty(settings.IPAMConfig?.IPv4Address) || !string.IsNullOrEmpty(settings.IPAMConfig?.IPv6Address))
        {
            throw GantryException.InvalidArgument(
                $"invalid endpoint settings:\nuser specified IP address is supported on user defined networks only");
        }

        if (settings.Aliases is { Count: > 0 })
        {
            throw GantryException.InvalidArgument("invalid endpoint settings:\nnetwork-scoped aliases are only supported for user-defined networks");
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
