using System.Collections.Concurrent;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;
using Gantry.Networks.Dns;
using Gantry.Networks.Drivers;
using Gantry.Networks.Files;
using Gantry.Networks.Firewall;
using Gantry.Networks.Plugins;
using Gantry.Networks.Ports;
using Gantry.Networks.State;
using Gantry.Plugins;

namespace Gantry.Networks.Service;

/// <summary>The network service over the Linux kernel. See <see cref="INetworkService"/> for the contract.</summary>
public sealed partial class NetworkService : INetworkService
{
    private readonly ConcurrentDictionary<string, NetworkEntry> _networks = new();
    private readonly ConcurrentDictionary<string, SandboxEntry> _sandboxes = new();
    private readonly SemaphoreSlim _networkGate = new(1, 1);
    private readonly NetworkServiceOptions _options;
    private readonly Action<string> _warn;
    private readonly StateRecords _records;
    private readonly NamespaceThread _host;
    private readonly NetlinkSocket _route;
    private readonly NetlinkSocket _netfilter;
    private readonly HostSettings _settings;
    private readonly BridgeDriver _bridges;
    private readonly EndpointDriver _endpoints;
    private readonly ParentDriver _parents;
    private readonly NfTables _nft;
    private readonly HostFirewall _firewall;
    private readonly EpollLoop _forwarding;
    private readonly FlowCleaner _flows;
    private readonly PortPublisher _publisher;
    private readonly DnsServer _dns;
    private readonly NetworkPlanner _planner;
    private readonly DefaultBridge _defaultBridge;
    private readonly HostResolvers _resolvers;
    private readonly LinkReaper _reaper;
    private readonly ForwardGuard _guard;
    private readonly FirewallWatch _watch;
    private readonly PluginTable<NetworkPlugin> _networkPlugins;
    private readonly PluginTable<AddressPlugin> _addressPlugins;

    /// <param name="store">Keeps the records; owned by the caller.</param>
    /// <exception cref="GantryException">The host lacks something: libnftables, or the right to use it.</exception>
    public NetworkService(NetworkServiceOptions options, INetworkStateStore store)
    {
        _options = options;
        _warn = options.Warn ?? (_ => { });
        _records = new StateRecords(store, _warn);
        _networkPlugins = new PluginTable<NetworkPlugin>(options.Plugins, NetworkPlugin.Kind, endpoint => new NetworkPlugin(endpoint));
        _addressPlugins = new PluginTable<AddressPlugin>(options.Plugins, AddressPlugin.Kind, endpoint => new AddressPlugin(endpoint));
        _host = new NamespaceThread(options.HostNamespace);
        try
        {
            _route = _host.RunHome(() => NetlinkSocket.Open(NetlinkFamily.Route));
            _netfilter = _host.RunHome(() => NetlinkSocket.Open(NetlinkFamily.Netfilter));
            _settings = new HostSettings(_host, _records, _warn);
            _bridges = new BridgeDriver(_route, _settings, options.InstanceId);
            _endpoints = new EndpointDriver(_route, _host, _settings);
            _parents = new ParentDriver(_route);
            _nft = _host.RunHome(() => new NfTables());
        }
        catch (LinuxException e)
        {
            _route?.Dispose();
            _netfilter?.Dispose();
            _host.Dispose();
            throw new GantryException(ErrorKind.Unavailable, $"networking is not available: {e.Message}", e);
        }

        var table = $"gantry_{options.InstanceId}";
        _firewall = new HostFirewall(_host, _nft, table, options.Firewall, options.FirewallIPv6);
        _forwarding = new EpollLoop("forwarder", e => _warn($"port forwarder: {e.Message}"));
        _flows = new FlowCleaner(_netfilter, _warn);
        var ports = new PortAllocator(new ForwarderContext(_forwarding, _host, _warn, options.UserlandProxy), options.OwnPorts);
        _publisher = new PortPublisher(ports, _firewall, _flows);
        _dns = new DnsServer(_host, _warn);
        _planner = new NetworkPlanner(options);
        _defaultBridge = new DefaultBridge(options.DefaultBridge, _route, _warn);
        _resolvers = new HostResolvers(options.ResolvConfPath);
        _reaper = new LinkReaper(_bridges, _warn);
        _guard = new ForwardGuard(_host, _nft, table, _warn);
        _watch = new FirewallWatch(_host, _forwarding, table, _firewall.Repair, () => _guard.Ensure(ForwardedBridges()), _warn);
    }

    public void Rest() => _nft.ReleaseCache();

    public IReadOnlyList<NetworkRecord> List() =>
        [.. _networks.Values.Select(n => n.Record).OrderBy(r => r.Created).ThenBy(r => r.Id, StringComparer.Ordinal)];

    public NetworkRecord? Find(string idOrNameOrPrefix) => FindEntry(idOrNameOrPrefix)?.Record;

    public IReadOnlyList<string> ConfiguredSubnets(string networkId) => [.. (_networks.GetValueOrDefault(networkId)?.ConfiguredSubnets ?? []).Select(s => s.ToString())];

    public SandboxInfo? FindSandbox(string containerId) => _sandboxes.GetValueOrDefault(containerId)?.ToInfo();

    public IReadOnlyList<EndpointInfo> Endpoints(string networkId) => _networks.GetValueOrDefault(networkId)?.Endpoints ?? [];

    /// <summary>Lets go of everything in this process. What is in the kernel stays: containers go on without us.</summary>
    public async ValueTask DisposeAsync()
    {
        _watch.Stop();
        await _reaper.DisposeAsync().ConfigureAwait(false);
        foreach (var sandbox in _sandboxes.Values)
        {
            _publisher.Close(sandbox);
            sandbox.Dispose();
        }

        _dns.Dispose();
        _forwarding.Dispose();
        await _flows.FinishAsync().ConfigureAwait(false);
        _netfilter.Dispose();
        _nft.Dispose();
        _route.Dispose();
        _host.Dispose();
        _networkPlugins.Dispose();
        _addressPlugins.Dispose();
        _networkGate.Dispose();
    }

    private NetworkEntry? FindEntry(string idOrNameOrPrefix)
    {
        if (_networks.GetValueOrDefault(idOrNameOrPrefix) is { } byId)
        {
            return byId;
        }

        if (_networks.Values.FirstOrDefault(n => n.Record.Name == idOrNameOrPrefix) is { } byName)
        {
            return byName;
        }

        var matches = idOrNameOrPrefix.Length == 0
            ? []
            : _networks.Values.Where(n => n.Record.Id.StartsWith(idOrNameOrPrefix, StringComparison.Ordinal)).Take(2).ToList();
        return matches.Count < 2
            ? matches.FirstOrDefault()
            : throw GantryException.InvalidArgument($"network {idOrNameOrPrefix} is ambiguous ({matches.Count} matches found based on ID prefix)");
    }

    private NetworkEntry GetNetwork(string id) => FindEntry(id) ?? throw GantryException.NotFound($"network {id} not found");

    private SandboxEntry GetSandbox(string containerId) =>
        _sandboxes.GetValueOrDefault(containerId) ?? throw GantryException.NotFound($"sandbox of container {containerId} not found");
}
