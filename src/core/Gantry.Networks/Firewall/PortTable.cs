using System.Net;

namespace Gantry.Networks.Firewall;

/// <summary>The published ports that the firewall holds, and how many each container has.</summary>
internal sealed class PortTable
{
    private readonly HashSet<PortMapping> _ports = [];
    private readonly Dictionary<IPAddress, int> _targets = [];

    public PortChange All => new(_ports, _targets.Keys);

    public PortChange Add(IEnumerable<PortMapping> ports)
    {
        var added = ports.Where(_ports.Add).ToList();
        var first = new List<IPAddress>();
        foreach (var port in added)
        {
            var count = _targets[port.Target] = _targets.GetValueOrDefault(port.Target) + 1;
            if (count == 1)
            {
                first.Add(port.Target);
            }
        }

        return new PortChange(added, first);
    }

    public PortChange Remove(IEnumerable<PortMapping> ports)
    {
        var removed = ports.Where(_ports.Remove).ToList();
        var last = new List<IPAddress>();
        foreach (var port in removed)
        {
            if (--_targets[port.Target] == 0)
            {
                _targets.Remove(port.Target);
                last.Add(port.Target);
            }
        }

        return new PortChange(removed, last);
    }

    public void Clear()
    {
        _ports.Clear();
        _targets.Clear();
    }
}
