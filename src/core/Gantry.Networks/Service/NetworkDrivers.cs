namespace Gantry.Networks.Service;

/// <summary>Names of drivers that are there.</summary>
internal static class NetworkDrivers
{
    public const string Bridge = "bridge";
    public const string Host = "host";

    /// <summary>Driver of the network named <c>none</c>.</summary>
    public const string Null = "null";
}
