using System.Net;

namespace Gantry.Networks.Firewall;

/// <summary>The published ports that the firewall holds, and how many each container has.</summary>
internal sealed class PortTable
{
    private readonly HashSet<PortMapping> _ports = [];
    private readonly Dictionary<IPAddress, int> _targets = [];
    private readonly Dictionary<OpenPort, int> _open = [];

    public PortChange All => new([.. _ports.Where(p => p.HostPort > 0)], _targets.Keys, _open.Keys);

    public PortChange Add(IEnumerable<PortMapping> ports)
    {
        var added = ports.Where(_ports.Add).ToList();
        return new PortChange(
            [.. added.Where(p => p.HostPort > 0)],
            [.. added.Where(p => p.HostPort > 0).Select(p => p.Target).Where(t => Rise(_targets, t))],
            [.. added.Where(p => p.Direct != DirectAccess.Nobody).Select(Open).Where(o => Rise(_open, o))]);
    }

    public PortChange Remove(IEnumerable<PortMapping> ports)
    {
        var removed = ports.Where(_ports.Remove).ToList();
        return new PortChange(
            [.. removed.Where(p => p.HostPort > 0)],
            [.. removed.Where(p => p.HostPort > 0).Select(p => p.Target).Where(t => Fall(_targets, t))],
            [.. removed.Where(p => p.Direct != DirectAccess.Nobody).Select(Open).Where(o => Fall(_open, o))]);
    }

    public void Clear()
    {
        _ports.Clear();
        _targets.Clear();
        _open.Clear();
    }

    private static OpenPort Open(PortMapping port) => new(port.Protocol, port.Target, port.TargetPort, port.Direct);

    /// <summary>True for the first of its kind.</summary>
    private static bool Rise<T>(Dictionary<T, int> counts, T key)
        where T : notnull
    {
        counts[key] = counts.GetValueOrDefault(key) + 1;
        return counts[key] == 1;
    }

    /// <summary>True for the last of its kind.</summary>
    private static bool Fall<T>(Dictionary<T, int> counts, T key)
        where T : notnull
    {
        if (--counts[key] > 0)
        {
            return false;
        }

        return counts.Remove(key);
    }
}
