using System.Net;

namespace Gantry.Networks.Addressing;

/// <summary>
/// Hands out the addresses of one subnet. A released address is not given again before the others had their turn, so that what still talks to
/// its last owner does not reach a stranger.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class AddressAllocator : IAddressPool
{
    private readonly HashSet<UInt128> _used = [];
    private readonly Subnet _range;
    private UInt128 _next;

    /// <param name="subnet">All addresses that may be asked for by name.</param>
    /// <param name="range">The part of it from which addresses are chosen.</param>
    public AddressAllocator(Subnet subnet, Subnet range)
    {
        Subnet = subnet;
        _range = range;
        _next = range.First;
        ReserveEnds();
    }

    public Subnet Subnet { get; }

    /// <summary>Takes one certain address; false when it is taken.</summary>
    public bool TryReserve(IPAddress address) => Subnet.Contains(address) && _used.Add(Subnet.ToNumber(address));

    /// <summary>Takes the next free address, or null when none is left.</summary>
    public IPAddress? Allocate()
    {
        var start = _next;
        do
        {
            var candidate = _next;
            _next = candidate == _range.Last ? _range.First : candidate + 1;
            if (_used.Add(candidate))
            {
                return Subnet.ToAddress(candidate);
            }
        }
        while (_next != start);

        return null;
    }

    bool IAddressPool.TryReserve(IPAddress address, string mac) => TryReserve(address);

    IPAddress? IAddressPool.Allocate(string mac) => Allocate();

    void IAddressPool.Restore(IPAddress address, string mac) => Restore(address);

    /// <summary>Takes an address that a record says is in use and goes on behind it.</summary>
    public void Restore(IPAddress address)
    {
        if (TryReserve(address) && _range.Contains(address) && Subnet.ToNumber(address) is var number && number >= _next)
        {
            _next = number == _range.Last ? _range.First : number + 1;
        }
    }

    public void Release(IPAddress address) => _used.Remove(Subnet.ToNumber(address));

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
