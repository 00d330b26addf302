using Gantry.Errors;
using Gantry.Networks.Drivers;

namespace Gantry.Networks.Service;

/// <summary>Checks on what a client asks for in <c>network create</c>, in Docker's words.</summary>
internal static class NetworkRules
{
    private static readonly string[] s_predefined = ["bridge", "host", "none", "default"];

    /// <summary>Gives the request back in full: with the default driver named.</summary>
    public static NetworkCreateOptions Check(NetworkCreateOptions options, Func<string, NetworkRecord?> find)
    {
        CheckName(options.Name, find);
        if (options.ConfigOnly && options.ConfigFrom.Length > 0)
        {
            throw new GantryException(ErrorKind.Forbidden, "a configuration network cannot depend on another configuration network");
        }

        CheckScope(options);
        CheckDriver(options.Driver);
        if (options.EnableIPv4 == false && options.EnableIPv6 != true && !options.ConfigOnly && !NetworkDrivers.HasParent(options.Driver))
        {
            throw GantryException.InvalidArgument("IPv4 or IPv6 must be enabled");
        }

        IpamRules.CheckNetwork(options.Ipam, options.EnableIPv6 == true);
        return options with { Driver = options.Driver.Length > 0 ? options.Driver : NetworkDrivers.Bridge };
    }

    /// <summary>Checks on what only shows when defaults and a configuration network are in it. Gives the request back.</summary>
    public static NetworkCreateOptions CheckDetails(NetworkCreateOptions options)
    {
        // The null driver gives no addresses: only networks of plugins, and configurations, can do with that.
        if (options.Ipam.Driver is NetworkDrivers.Null && !options.ConfigOnly && (options.Ipam.Configs.Count > 0 || NetworkDrivers.IsBuiltIn(options.Driver)))
        {
            throw GantryException.InvalidArgument(
                options.Ipam.Configs.Count > 0 ? "null ipam driver does not handle specific address pool requests"
                : options.EnableIPv4 != false ? "ipv4 pool is empty"
                : "ipv6 pool is empty");
        }

        if (options.ConfigFrom.Length == 0)
        {
            _ = Announcement.Parse(options.Options);
        }

        return options;
    }

    private static void CheckName(string name, Func<string, NetworkRecord?> find)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw GantryException.InvalidArgument("invalid name: name is empty");
        }

        if (s_predefined.Contains(name))
        {
            throw new GantryException(ErrorKind.Forbidden, $"operation is not permitted on predefined {name} network ");
        }

        if (find(name) is not null)
        {
            throw GantryException.Conflict($"network with name {name} already exists");
        }
    }

    private static void CheckScope(NetworkCreateOptions options)
    {
        if (options.Ingress)
        {
            throw new GantryException(ErrorKind.Forbidden, "Ingress network can only be global scope network");
        }

        if (options.Scope == "swarm")
        {
            throw new GantryException(ErrorKind.Forbidden, "cannot create a swarm scoped network when swarm is not active");
        }
    }

    private static void CheckDriver(string driver)
    {
        switch (driver)
        {
            case NetworkDrivers.Host or NetworkDrivers.Null:
                throw new GantryException(ErrorKind.Forbidden, $"only one instance of \"{driver}\" network is allowed");
            case "overlay":
                throw new GantryException(
                    ErrorKind.Forbidden,
                    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.");
        }
    }
}
