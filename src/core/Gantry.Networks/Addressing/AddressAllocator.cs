using System.Net;

namespace Gantry.Networks.Addressing;

/// <summary>
/// Hands out the addresses of one subnet, always the lowest that is free, as Docker does: a container started alone has the same one each time.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class AddressAllocator : IAddressPool
{
    private readonly HashSet<UInt128> _used = [];
    private readonly Subnet _range;

    /// <summary>Below it none of the range is free; in the range.</summary>
    private UInt128 _lowest;

    /// <param name="subnet">All addresses that may be asked for by name.</param>
    /// <param name="range">The part of it from which addresses are chosen.</param>
    public AddressAllocator(Subnet subnet, Subnet range)
    {
        Subnet = subnet;
        _range = range;
        _lowest = range.First;
        ReserveEnds();
    }

    public Subnet Subnet { get; }

    /// <summary>Takes one certain address; false when it is taken.</summary>
    public bool TryReserve(IPAddress address) => Subnet.Contains(address) && _used.Add(Subnet.ToNumber(address));

    /// <summary>Takes the lowest free address, or null when none is left.</summary>
    public IPAddress? Allocate()
    {
        while (!_used.Add(_lowest))
        {
            if (_lowest == _range.Last)
            {
                return null;
            }

            _lowest++;
        }

        return Subnet.ToAddress(_lowest);
    }

    bool IAddressPool.TryReserve(IPAddress address, string mac) => TryReserve(address);

    IPAddress? IAddressPool.Allocate(string mac) => Allocate();

    void IAddressPool.Restore(IPAddress address, string mac) => Restore(address);

    /// <summary>Takes an address that a record says is in use.</summary>
    public void Restore(IPAddress address) => TryReserve(address);

    public void Release(IPAddress address)
    {
        var number = Subnet.ToNumber(address);
        if (_used.Remove(number) && _range.Contains(address) && number < _lowest)
        {
            _lowest = number;
        }
    }

    /// <summary>Network and broadcast address, and in IPv6 the anycast address of routers, are nobody's; blocks of two have neither (RFC 3021).</summary>
    private void ReserveEnds()
    {
        if (Subnet.Bits - Subnet.PrefixLength < 2)
        {
            return;
        }

        _used.Add(Subnet.First);
        if (!Subnet.IsV6)
        {
            _used.Add(Subnet.Last);
        }
    }
}
