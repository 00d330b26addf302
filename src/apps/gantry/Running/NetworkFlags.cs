using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>Networks, ports, names and addresses of a container.</summary>
internal sealed class NetworkFlags
{
    private readonly ListFlag<string> _extraHosts;
    private readonly ListFlag<string> _dns;
    private readonly ListFlag<string> _dnsOptions;
    private readonly ListFlag<string> _dnsSearch;
    private readonly Flag<string> _domain;
    private readonly ListFlag<string> _expose;
    private readonly Flag<string> _hostName;
    private readonly Flag<string> _ip4;
    private readonly Flag<string> _ip6;
    private readonly ListFlag<string> _links;
    private readonly ListFlag<string> _linkLocal;
    private readonly Flag<string> _mac;
    private readonly ListFlag<NetworkAttachment> _networks;
    private readonly ListFlag<string> _aliases;
    private readonly ListFlag<string> _publish;
    private readonly Flag<bool> _publishAll;

    public NetworkFlags(FlagSet flags)
    {
        _extraHosts = flags.List("add-host", "Add a custom host-to-IP mapping (host:ip)", check: FlagChecks.ExtraHost);
        _dns = flags.List("dns", "Set custom DNS servers", check: FlagChecks.IpAddress);
        _dnsOptions = flags.List("dns-option", "Set DNS options");
        flags.Add(new ListFlag<string>("dns-opt", '\0', "list", "Set DNS options", (_, text) => _dnsOptions.Values.Add(text)) { IsHidden = true });
        _dnsSearch = flags.List("dns-search", "Set custom DNS search domains", check: FlagChecks.DnsSearch);
        _domain = flags.String("domainname", "Container NIS domain name");
        _expose = flags.List("expose", "Expose a port or a range of ports");
        _hostName = flags.String("hostname", "Container host name", 'h');
        _ip4 = flags.String("ip", "IPv4 address (e.g., 172.30.100.104)");
        _ip6 = flags.String("ip6", "IPv6 address (e.g., 2001:db8::33)");
        _links = flags.List("link", "Add link to another container", check: FlagChecks.Link);
        _linkLocal = flags.List("link-local-ip", "Container IPv4/IPv6 link-local addresses");
        _mac = flags.String("mac-address", "Container MAC address (e.g., 92:d0:c6:0a:29:33)");
        _networks = flags.Values("network", "network", "Connect a container to a network", NetworkAttachment.Parse);
        flags.Add(new ListFlag<NetworkAttachment>("net", '\0', "network", "", (_, text) => _networks.Values.Add(NetworkAttachment.Parse(text))) { IsHidden = true });
        _aliases = flags.List("network-alias", "Add network-scoped alias for the container");
        flags.Add(new ListFlag<string>("net-alias", '\0', "list", "", (_, text) => _aliases.Values.Add(text)) { IsHidden = true });
        _publish = flags.List("publish", "Publish a container's port(s) to the host", 'p');
        _publishAll = flags.Bool("publish-all", "Publish all exposed ports to random ports", 'P');
    }

    public void Apply(ContainerCreateRequest request, HostConfig host)
    {
        if (_mac.Value.Length > 0)
        {
            FlagChecks.MacAddress(_mac.Value.Trim());
        }

        request.Hostname = Set(_hostName);
        request.Domainname = Set(_domain);
        host.ExtraHosts = Set(_extraHosts);
        host.Dns = _dns.Values;
        host.DnsOptions = _dnsOptions.Values;
        host.DnsSearch = _dnsSearch.Values;
        host.Links = Set(_links);
        host.PublishAllPorts = _publishAll.Value ? true : null;
        ApplyPorts(request, host);
        ApplyNetworks(request, host);
    }

    private void ApplyPorts(ContainerCreateRequest request, HostConfig host)
    {
        var exposed = new Dictionary<string, EmptyObject>(StringComparer.Ordinal);
        var bindings = new Dictionary<string, List<PortBinding>?>(StringComparer.Ordinal);
        foreach (var (port, binding) in _publish.Values.SelectMany(PortSpecs.Parse))
        {
            exposed[port] = EmptyObject.Instance;
            if (bindings.TryGetValue(port, out var list))
            {
                list!.Add(binding);
            }
            else
            {
                bindings[port] = [binding];
            }
        }

        foreach (var port in _expose.Values.SelectMany(PortSpecs.ParseExposed))
        {
            exposed[port] = EmptyObject.Instance;
        }

        request.ExposedPorts = exposed.Count > 0 ? exposed : null;
        host.PortBindings = bindings.Count > 0 ? bindings : null;
    }

    private void ApplyNetworks(ContainerCreateRequest request, HostConfig host)
    {
        var networks = _networks.Values.Count > 0 ? _networks.Values : [new NetworkAttachment("default")];
        if (networks.Count > 1 && networks.Any(n => n.IsUserDefined) && networks.Any(n => !n.IsUserDefined))
        {
            throw GantryException.InvalidArgument("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
        }

        host.NetworkMode = networks[0].Target;
        var endpoints = new Dictionary<string, EndpointSettings?>(StringComparer.Ordinal);
        for (var i = 0; i < networks.Count; i++)
        {
            var endpoint = (i == 0 ? WithContainerOptions(networks[0]) : networks[i]).ToEndpoint();
            if (endpoints.ContainsKey(networks[i].Target))
            {
                throw GantryException.InvalidArgument($"network {Terminal.Units.Quoting.Quote(networks[i].Target)} is specified multiple times");
            }

            if (networks[i].IsUserDefined || networks[i].Target == "default" || endpoint != new EndpointSettings())
            {
                endpoints[networks[i].Target] = endpoint;
            }
        }

        request.NetworkingConfig = new NetworkingConfig { EndpointsConfig = endpoints };
    }

    /// <summary>--ip and its like belong to the first network, unless that says it by itself.</summary>
    private NetworkAttachment WithContainerOptions(NetworkAttachment network)
    {
        Conflict(_aliases.Values.Count > 0 && network.Aliases.Count > 0, "--network-alias and per-network alias");
        Conflict(_links.Values.Count > 0 && network.Links.Count > 0, "--link and per-network links");
        Conflict(_ip4.Value.Length > 0 && network.Ip4.Length > 0, "--ip and per-network IPv4 address");
        Conflict(_ip6.Value.Length > 0 && network.Ip6.Length > 0, "--ip6 and per-network IPv6 address");
        Conflict(_mac.Value.Length > 0 && network.Mac.Length > 0, "--mac-address and per-network MAC address");
        Conflict(_linkLocal.Values.Count > 0 && network.LinkLocal.Count > 0, "--link-local-ip and per-network link-local IP addresses");
        return network with
        {
            Aliases = _aliases.Values.Count > 0 ? _aliases.Values : network.Aliases,
            Links = _links.Values.Count > 0 ? _links.Values : network.Links,
            Ip4 = _ip4.Value.Length > 0 ? _ip4.Value : network.Ip4,
            Ip6 = _ip6.Value.Length > 0 ? _ip6.Value : network.Ip6,
            Mac = _mac.Value.Length > 0 ? _mac.Value.Trim() : network.Mac,
            LinkLocal = _linkLocal.Values.Count > 0 ? _linkLocal.Values : network.LinkLocal,
        };
    }

    private static void Conflict(bool both, string what)
    {
        if (both)
        {
            throw GantryException.InvalidArgument($"conflicting options: cannot specify both {what}");
        }
    }

    private static string? Set(Flag<string> flag) => flag.Value.Length > 0 ? flag.Value : null;

    private static List<string>? Set(ListFlag<string> flag) => flag.Values.Count > 0 ? flag.Values : null;
}
