namespace Gantry.Networks.Service;

/// <summary>Names of drivers.</summary>
internal static class NetworkDrivers
{
    public const string Bridge = "bridge";
    public const string Macvlan = "macvlan";
    public const string Ipvlan = "ipvlan";
    public const string Host = "host";

    /// <summary>Interfaces of containers hang on one of the host's.</summary>
    public static bool HasParent(string driver) => driver is Macvlan or Ipvlan;

    public static IReadOnlyList<string> All { get; } = [Bridge, Host, Ipvlan, Macvlan, Null];

    /// <summary>Everything else is the name of a plugin.</summary>
    public static bool IsBuiltIn(string driver) => All.Contains(driver);

    /// <summary>Addresses are given by us, or by nobody.</summary>
    public static bool IsOwnIpam(string driver) => driver is "" or "default" or Null;

    /// <summary>Driver of the network named <c>none</c>.</summary>
    public const string Null = "null";
}
