using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Firewall;

/// <summary>
/// Our one table in the host's nftables. Each change is one transaction of a size that depends on the change alone. When somebody has flushed
/// the table behind our back, a change that fails because of it is made up for by rebuilding the table.
/// </summary>
internal sealed class HostFirewall
{
    private readonly Lock _lock = new();
    private readonly NamespaceThread _host;
    private readonly NfTables _nft;
    private readonly RuleSet _rules;
    private readonly Dictionary<string, BridgeRules> _bridges = [];
    private readonly PortTable _ports = new();
    private HashSet<LinkedPort> _links = [];
    private readonly bool _enabled;
    private bool _built;

    /// <param name="enabled">False: nothing is ever put into the kernel.</param>
    /// <param name="v6">False: packets of IPv6 pass untouched.</param>
    public HostFirewall(NamespaceThread host, NfTables nft, string table, bool enabled = true, bool v6 = true)
    {
        _enabled = enabled;
        _host = host;
        _nft = nft;
        _rules = new RuleSet(table, v6);
    }

    /// <summary>Puts the table as a whole. Changes made before the first time are only noted, and are in it.</summary>
    public void Build()
    {
        lock (_lock)
        {
            if (!_enabled)
            {
                // There may be one from an earlier start.
                _host.RunHome(() => _nft.Run(_rules.Delete));
                return;
            }

            Replace();
            _built = true;
        }
    }

    /// <summary>Puts the table again if it should be there.</summary>
    public void Repair()
    {
        lock (_lock)
        {
            if (_built)
            {
                Replace();
            }
        }
    }

    public void AddBridge(BridgeRules bridge)
    {
        lock (_lock)
        {
            if (_bridges.TryAdd(bridge.Bridge, bridge))
            {
                Apply(_rules.Add(bridge), () => _bridges.Remove(bridge.Bridge));
            }
        }
    }

    public void RemoveBridge(string bridge)
    {
        lock (_lock)
        {
            if (_bridges.Remove(bridge, out var rules))
            {
                Apply(_rules.Remove(rules), () => { });
            }
        }
    }

    /// <summary>
    /// Takes ports away and adds others at once, so that a port that moves is never unpublished. When this throws the new ones are not there;
    /// the old ones are forgotten, and go with the next transaction that works.
    /// </summary>
    public void ChangePorts(IReadOnlyCollection<PortMapping> remove, IReadOnlyCollection<PortMapping> add)
    {
        lock (_lock)
        {
            var gone = _ports.Remove(remove);
            var come = _ports.Add(add);
            if (!gone.IsEmpty || !come.IsEmpty)
            {
                Apply(_rules.Change(gone, come), () => _ports.Remove(add));
            }
        }
    }

    /// <summary>Puts these links in the place of those there were.</summary>
    public void SetLinks(HashSet<LinkedPort> links)
    {
        lock (_lock)
        {
            var before = _links;
            if (!before.SetEquals(links))
            {
                _links = links;
                Apply(_rules.ChangeLinks([.. before.Except(links)], [.. links.Except(before)]), () => _links = before);
            }
        }
    }

    /// <summary>Removes the table and forgets what was in it.</summary>
    public void Delete()
    {
        lock (_lock)
        {
            _bridges.Clear();
            _ports.Clear();
            _links = [];
            _built = false;
            _host.RunHome(() => _nft.Run(_rules.Delete));
        }
    }

    private void Apply(string commands, Action undo)
    {
        if (!_built)
        {
            return;
        }

        try
        {
            if (_host.RunHome(() => _nft.TryRun(commands)) is not null)
            {
                Replace();
            }
        }
        catch
        {
            undo();
            throw;
        }
    }

    private void Replace()
    {
        try
        {
            _host.RunHome(() => _nft.Run(_rules.Replace(_bridges.Values, _ports.All, _links)));
        }
        catch (LinuxException e)
        {
            throw new GantryException(ErrorKind.Internal, $"failed to program the firewall: {e.Message}", e);
        }
    }
}
