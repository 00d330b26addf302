namespace Gantry.Networks;

/// <summary>The default bridge network as the daemon's flags describe it. Empty strings mean: not given.</summary>
public sealed record DefaultBridgeOptions
{
    /// <summary>Value of <see cref="Bridge"/> for an engine without a default bridge.</summary>
    public const string NoBridge = "none";

    /// <summary>Name of a bridge that is somebody else's and has its addresses already (<c>--bridge</c>), or <see cref="NoBridge"/>.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>Address of the bridge and its subnet, <c>address/prefix</c> (<c>--bip</c>).</summary>
    public string Address { get; init; } = "";

    public string AddressV6 { get; init; } = "";

    /// <summary>CIDR from which containers get addresses (<c>--fixed-cidr</c>); the subnet where there is no <see cref="Address"/>.</summary>
    public string FixedCidr { get; init; } = "";

    public string FixedCidrV6 { get; init; } = "";

    /// <summary>Containers' default gateway where that isn't the bridge.</summary>
    public string Gateway { get; init; } = "";

    public string GatewayV6 { get; init; } = "";

    public bool EnableIPv6 { get; init; }

    /// <summary>Containers may talk to each other (<c>--icc</c>).</summary>
    public bool Intercom { get; init; } = true;

    public bool Masquerade { get; init; } = true;

    /// <summary>0: Ethernet's 1500.</summary>
    public int Mtu { get; init; }

    /// <summary>Host address for ports published without one (<c>--ip</c>).</summary>
    public string HostIp { get; init; } = "";
}
