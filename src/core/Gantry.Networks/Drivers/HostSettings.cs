using Gantry.Linux.Networking;
using Gantry.Networks.State;

namespace Gantry.Networks.Drivers;

/// <summary>Sysctls of the host under <c>/proc/sys/net</c>. What was there before is on record, so that it can be put back.</summary>
internal sealed class HostSettings(NamespaceThread host, StateRecords records, Action<string> warn)
{
    private const string Root = "/proc/sys/net/";
    private static readonly string[] s_forwarding = ["ipv4/ip_forward", "ipv6/conf/all/forwarding"];

    private static readonly string[] s_forwardingKinds = ["bridge", "tun", "wireguard", "vxlan", "macvlan", "ipvlan", "vlan", "gre", "ipip"];

    /// <summary>Lets the kernel forward packets; the previous value goes on record first.</summary>
    public void EnableForwarding(bool v6)
    {
        var setting = s_forwarding[v6 ? 1 : 0];
        if (Read(setting) is { } before && before != "1")
        {
            records.Save(setting, new HostState { Before = before });
            Write(setting, "1");
        }
    }

    /// <summary>
    /// Puts forwarding back as it was, unless devices of others hint that somebody else has come to rely on it.
    /// </summary>
    public void Restore(NetlinkSocket route)
    {
        var used = route.ListLinks().Any(l => s_forwardingKinds.Contains(l.Kind));
        foreach (var (setting, state) in records.HostSettings().ToList())
        {
            if (!used)
            {
                Write(setting, state.Before);
                records.DeleteHostSetting(setting);
            }
        }
    }

    /// <summary>
    /// Packets from 127.0.0.0/8 may leave through this bridge: the kernel translates published ports for host processes that use loopback. What
    /// comes in for 127.0.0.0/8 is dropped by our table.
    /// </summary>
    public void RouteLoopback(string bridge) => Write($"ipv4/conf/{bridge}/route_localnet", "1");

    /// <summary>
    /// Containers whose bridge ports are kept from each other find the host in each other's place (RFC 3069), so that what they send meets the
    /// firewall's rules.
    /// </summary>
    public void StandInForNeighbours(string bridge)
    {
        Write($"ipv4/conf/{bridge}/proxy_arp_pvlan", "1");
        Write($"ipv4/neigh/{bridge}/proxy_delay", "0");
    }

    /// <summary>Containers must not talk the host into routes by router advertisements.</summary>
    public void IgnoreRouterAdvertisements(string bridge) => Write($"ipv6/conf/{bridge}/accept_ra", "0");

    /// <summary>True when frames inside a bridge go through the IP firewall (br_netfilter).</summary>
    public bool BridgeFramesAreFiltered => Read("bridge/bridge-nf-call-iptables") == "1";

    private string? Read(string setting) => host.RunHome(() => File.Exists(Root + setting) ? File.ReadAllText(Root + setting).Trim() : null);

    private void Write(string setting, string value) => host.RunHome(() =>
    {
        try
        {
            File.WriteAllText(Root + setting, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn($"can't set net/{setting} to {value}: {e.Message}");
        }
    });
}
