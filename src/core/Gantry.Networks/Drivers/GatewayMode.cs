namespace Gantry.Networks.Drivers;

/// <summary>How a bridge network is connected to what is outside of it, in one address family.</summary>
internal enum GatewayMode
{
    /// <summary>Containers leave with the host's address and are reached through published host ports only.</summary>
    Nat = 0,

    /// <summary>As <see cref="Nat"/>, but whoever has a route to the containers reaches all their ports.</summary>
    NatUnprotected,

    /// <summary>No translation: containers leave with their own address, and are reached there on published ports.</summary>
    Routed,

    /// <summary>The bridge has no address: not even the host is there.</summary>
    Isolated,
}
