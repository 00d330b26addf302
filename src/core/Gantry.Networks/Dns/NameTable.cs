using System.Collections.Concurrent;
using System.Net;

namespace Gantry.Networks.Dns;

/// <summary>An endpoint as names lead to it.</summary>
internal sealed record NameTarget(string EndpointId, string PrimaryName, IPAddress? IPv4, IPAddress? IPv6);

/// <summary>The names on one network. Reading takes no lock; several endpoints may share a name.</summary>
internal sealed class NameTable
{
    private readonly ConcurrentDictionary<string, NameTarget[]> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<IPAddress, NameTarget> _byAddress = new();

    public void Add(IEnumerable<string> names, NameTarget target)
    {
        foreach (var name in names)
        {
            _byName.AddOrUpdate(name, _ => [target], (_, old) => [.. old.Where(t => t.EndpointId != target.EndpointId), target]);
        }

        foreach (var address in AddressesOf(target))
        {
            _byAddress[address] = target;
        }
    }

    public void Remove(IEnumerable<string> names, NameTarget target)
    {
        foreach (var name in names)
        {
            RemoveName(name, target.EndpointId);
        }

        foreach (var address in AddressesOf(target))
        {
            if (_byAddress.TryGetValue(address, out var current) && current.EndpointId == target.EndpointId)
            {
                _byAddress.TryRemove(address, out _);
            }
        }
    }

    public NameTarget[]? Find(string name) => _byName.GetValueOrDefault(name);

    public NameTarget? Find(IPAddress address) => _byAddress.GetValueOrDefault(address);

    private void RemoveName(string name, string endpointId)
    {
        while (_byName.TryGetValue(name, out var old))
        {
            var left = old.Where(t => t.EndpointId != endpointId).ToArray();
            if (left.Length == 0 ? _byName.TryRemove(new KeyValuePair<string, NameTarget[]>(name, old)) : _byName.TryUpdate(name, left, old))
            {
                return;
            }
        }
    }

    private static IEnumerable<IPAddress> AddressesOf(NameTarget target) =>
        new[] { target.IPv4, target.IPv6 }.Where(a => a is not null).Select(a => a!);
}
