using System.Net;

namespace Gantry.Networks.Addressing;

/// <summary>Gives the addresses of one subnet. Calls come one at a time.</summary>
internal interface IAddressPool
{
    Subnet Subnet { get; }

    /// <summary>Takes this address; false when it is taken already or not in the subnet.</summary>
    /// <param name="mac">Hardware address of the interface that will have it, or empty.</param>
    bool TryReserve(IPAddress address, string mac);

    /// <summary>Takes the next free address; null when there is none.</summary>
    /// <inheritdoc cref="TryReserve"/>
    IPAddress? Allocate(string mac);

    /// <summary>Notes an address that a record says is taken.</summary>
    /// <inheritdoc cref="TryReserve"/>
    void Restore(IPAddress address, string mac);

    void Release(IPAddress address);
}
