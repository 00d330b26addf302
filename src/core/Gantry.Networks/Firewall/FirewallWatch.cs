using Gantry.Linux.Networking;

namespace Gantry.Networks.Firewall;

/// <summary>
/// Notices when other programs change the host's firewall (a flush, a firewalld reload, a Docker Engine that starts) and puts back what is
/// ours. The kernel tells; nothing is polled.
/// </summary>
internal sealed class FirewallWatch(NamespaceThread host, EpollLoop loop, string table, Action repairTable, Action ensureForwarding, Action<string> warn)
{
    /// <summary>Changes come in bursts: one repair for all of them.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(100);

    /// <summary>Repairs that follow each other are done ever more slowly: somebody may be as stubborn as we are.</summary>
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_calm = TimeSpan.FromSeconds(10);

    private NfTablesMonitor? _monitor;
    private TimeSpan _delay = s_settle;
    private long _lastAct = long.MinValue / 2;
    private bool _repair;
    private bool _ensure;
    private bool _pending;

    public void Start()
    {
        ensureForwarding();
        if (_monitor is null)
        {
            _monitor = host.RunHome(() => NfTablesMonitor.Open(OnChange));
            _monitor.Attach(loop);
        }
    }

    public void Stop()
    {
        _monitor?.Dispose();
        _monitor = null;
    }

    private void OnChange(IReadOnlySet<string> tables)
    {
        _repair |= tables.Count == 0 || tables.Contains(table);
        _ensure |= tables.Count == 0 || tables.Contains("filter");
        if ((_repair || _ensure) && !_pending)
        {
            _pending = true;
            _delay = Environment.TickCount64 - _lastAct > (long)(s_calm + _delay).TotalMilliseconds ? s_settle : TimeSpan.FromTicks(Math.Min(_delay.Ticks * 2, s_longestDelay.Ticks));
            loop.After(_delay, Act);
        }
    }

    private void Act()
    {
        _lastAct = Environment.TickCount64;
        var (repair, ensure) = (_repair, _ensure);
        (_pending, _repair, _ensure) = (false, false, false);
        if (repair)
        {
            warn($"nftables table {table} was changed by another program; putting it back");
            repairTable();
        }

        if (ensure)
        {
            ensureForwarding();
        }
    }
}
