namespace Gantry.Networks.Service;

/// <summary>Names of drivers that are there.</summary>
internal static class NetworkDrivers
{
    public const string Bridge = "bridge";
    public const string Macvlan = "macvlan";
    public const string Ipvlan = "ipvlan";
    public const string Host = "host";

    /// <summary>Interfaces of containers hang on one of the host's.</summary>
    public static bool HasParent(string driver) => driver is Macvlan or Ipvlan;

    /// <summary>Driver of the network named <c>none</c>.</summary>
    public const string Null = "null";
}
