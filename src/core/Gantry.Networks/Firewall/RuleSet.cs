using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gantry.Networks.Firewall;

/// <summary>
/// The nftables table as text. Its chains never change and don't grow: networks and ports are elements of sets and maps, so that a packet's way
/// is as long with a thousand of them as with one (docs/design/firewall.md explains each chain).
/// ICMP stands there by number: names of protocols come from /etc/protocols, which small systems don't have.
/// </summary>
/// <param name="table">Name of the table.</param>
/// <param name="v6">False: packets of IPv6 pass all of it untouched.</param>
internal sealed class RuleSet(string table, bool v6 = true)
{
    private const string Bridges = "bridges";
    private const string Internal = "internal";
    private const string NoIntercom = "nointercom";
    private const string Masqueraded = "masqueraded";
    private const string Unprotected = "unprotected";
    private const string Routed = "routed";
    private const string Sources = "sources";
    private const string Trusted = "trusted";
    private const string Open = "open";
    private const string Offered = "offered";
    private const string Same = "same";
    private const string Selves = "selves";
    private const string Links = "links4";

    public string Table { get; } = table;

    /// <summary>Deletes the table, whether it exists or not.</summary>
    public string Delete => $"add table inet {Table}\ndelete table inet {Table}\n";

    /// <summary>Replaces the table by one with these elements.</summary>
    public string Replace(IReadOnlyCollection<BridgeRules> bridges, PortChange ports, IReadOnlyCollection<LinkedPort> links)
    {
        var text = new StringBuilder(Delete).Append(Skeleton());
        foreach (var bridge in bridges)
        {
            text.Append(Add(bridge));
        }

        return text.Append(Change("add", ports)).Append(Change("add", links)).ToString();
    }

    public string Add(BridgeRules bridge) => Change("add", bridge);

    public string Remove(BridgeRules bridge) => Change("delete", bridge);

    public string Change(PortChange remove, PortChange add) =>
        Change("delete", remove) + Change("add", add);

    public string ChangeLinks(IReadOnlyCollection<LinkedPort> remove, IReadOnlyCollection<LinkedPort> add) =>
        Change("delete", remove) + Change("add", add);

    private string Change(string verb, IReadOnlyCollection<LinkedPort> links) => links.Count == 0
        ? ""
        : Element(verb, Links, string.Join(", ", links.Select(l => $"{l.From} . {l.To} . {l.Protocol} . {l.Port}")));

    private string Change(string verb, BridgeRules bridge)
    {
        var text = new StringBuilder();
        var name = $"\"{bridge.Bridge}\"";
        text.Append(Element(verb, Bridges, name)).Append(Element(verb, Same, $"{name} . {name}"));
        text.Append(bridge.Internal ? Element(verb, Internal, name) : "");
        text.Append(bridge.Intercom ? "" : Element(verb, NoIntercom, name));
        text.Append(Change(verb, name, bridge.V4, "4", bridge.Internal)).Append(Change(verb, name, bridge.V6, "6", bridge.Internal));
        return text.Append(string.Concat(bridge.Trusted.Distinct().Select(t => Element(verb, Trusted, $"\"{t}\" . {name}")))).ToString();
    }

    private string Change(string verb, string bridge, FamilyRules family, string suffix, bool isInternal)
    {
        var text = new StringBuilder();
        text.Append(family.Masquerade && !isInternal ? Element(verb, Masqueraded + suffix, bridge) : "");
        text.Append(family.Unprotected ? Element(verb, Unprotected + suffix, bridge) : "");
        text.Append(family.Routed ? Element(verb, Routed + suffix, bridge) : "");
        text.Append(family is { Source: { } source, Masquerade: true } && !isInternal
            ? Element(verb, Sources + suffix, verb == "add" ? $"{bridge} : {source}" : bridge) : "");
        return text.ToString();
    }

    private string Change(string verb, PortChange change)
    {
        var text = new StringBuilder();
        foreach (var set in change.Open.GroupBy(o => (o.Direct == DirectAccess.Everybody ? Open : Offered) + Suffix(o.Target)))
        {
            text.Append(Element(verb, set.Key, string.Join(", ", set.Select(o => $"{o.Target} . {o.Protocol} . {o.TargetPort}"))));
        }

        foreach (var family in change.Targets.GroupBy(a => Selves + Suffix(a)))
        {
            text.Append(Element(verb, family.Key, string.Join(", ", family.Select(a => $"{a} . {a}"))));
        }

        foreach (var map in change.Ports.GroupBy(MapOf))
        {
            text.Append(Element(verb, map.Key, string.Join(", ", map.Select(p => verb == "add" ? $"{KeyOf(p)} : {p.Target} . {p.TargetPort}" : KeyOf(p)))));
        }

        return text.ToString();
    }

    private string Element(string verb, string set, string elements) => $"{verb} element inet {Table} {set} {{ {elements} }}\n";

    private static string MapOf(PortMapping port) =>
        (port.HostIp is null ? "ports" : "hostports") + Suffix(port.Target);

    private static string Suffix(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? "6" : "4";

    private static string KeyOf(PortMapping port) =>
        port.HostIp is null ? $"{port.Protocol} . {port.HostPort}" : $"{port.HostIp} . {port.Protocol} . {port.HostPort}";

    /// <summary>First rule of each chain that the kernel calls.</summary>
    private string OnlyV4 => v6 ? "" : "meta nfproto ipv6 accept";

    private string Skeleton() =>
        $$"""
        table inet {{Table}} {
            set {{Bridges}} { type ifname; }
            set {{Internal}} { type ifname; }
            set {{NoIntercom}} { type ifname; }
            set {{Masqueraded}}4 { type ifname; }
            set {{Masqueraded}}6 { type ifname; }
            set {{Unprotected}}4 { type ifname; }
            set {{Unprotected}}6 { type ifname; }
            set {{Routed}}4 { type ifname; }
            set {{Routed}}6 { type ifname; }
            set {{Trusted}} { type ifname . ifname; }
            set {{Open}}4 { type ipv4_addr . inet_proto . inet_service; }
            set {{Open}}6 { type ipv6_addr . inet_proto . inet_service; }
            set {{Offered}}4 { type ipv4_addr . inet_proto . inet_service; }
            set {{Offered}}6 { type ipv6_addr . inet_proto . inet_service; }
            map {{Sources}}4 { type ifname : ipv4_addr; }
            map {{Sources}}6 { type ifname : ipv6_addr; }
            set {{Same}} { type ifname . ifname; }
            set {{Selves}}4 { type ipv4_addr . ipv4_addr; }
            set {{Selves}}6 { type ipv6_addr . ipv6_addr; }
            set {{Links}} { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
            map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
            map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
            map hostports4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
            map hostports6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }

            chain raw {
                type filter hook prerouting priority raw; policy accept;
                {{OnlyV4}}
                iifname @bridges ip daddr 127.0.0.0/8 drop
            }

            chain prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                {{OnlyV4}}
                ip daddr 127.0.0.0/8 return
                jump publish
            }

            chain output {
                type nat hook output priority -100; policy accept;
                {{OnlyV4}}
                jump publish
            }

            chain publish {
                dnat ip to ip daddr . meta l4proto . th dport map @hostports4
                dnat ip6 to ip6 daddr . meta l4proto . th dport map @hostports6
                fib daddr type local goto publish_any
            }

            chain publish_any {
                dnat ip to meta l4proto . th dport map @ports4
                ip6 daddr != ::1 dnat ip6 to meta l4proto . th dport map @ports6
            }

            chain forward {
                type filter hook forward priority filter; policy accept;
                {{OnlyV4}}
                ct state established,related accept
                iifname . oifname @same goto within
                oifname @bridges goto into
                iifname @internal drop
            }

            chain within {
                ct status dnat accept
                ip saddr . ip daddr . meta l4proto . th dport @{{Links}} accept
                iifname @nointercom drop
            }

            chain into {
                iifname @internal drop
                oifname @internal drop
                ct status dnat accept
                meta nfproto ipv4 oifname @{{Unprotected}}4 accept
                meta nfproto ipv6 oifname @{{Unprotected}}6 accept
                meta l4proto 1 oifname @{{Routed}}4 accept
                meta l4proto 58 oifname @{{Routed}}6 accept
                ip daddr . meta l4proto . th dport @{{Open}}4 accept
                ip6 daddr . meta l4proto . th dport @{{Open}}6 accept
                iifname . oifname @{{Trusted}} ip daddr . meta l4proto . th dport @{{Offered}}4 accept
                iifname . oifname @{{Trusted}} ip6 daddr . meta l4proto . th dport @{{Offered}}6 accept
                drop
            }

            chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                {{OnlyV4}}
                oifname @bridges jump toward
                snat ip to iifname map @{{Sources}}4
                snat ip6 to iifname map @{{Sources}}6
                meta nfproto ipv4 iifname @{{Masqueraded}}4 masquerade
                meta nfproto ipv6 iifname @{{Masqueraded}}6 masquerade
            }

            chain toward {
                ip saddr 127.0.0.0/8 masquerade
                iifname . oifname @same ct status dnat masquerade
                ct status dnat ip saddr . ip daddr @selves4 masquerade
                ct status dnat ip6 saddr . ip6 daddr @selves6 masquerade
                iifname . oifname @same accept
            }
        }

        """;
}
