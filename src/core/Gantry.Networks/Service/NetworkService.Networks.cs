using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Addressing;
using Gantry.Networks.Drivers;
using Gantry.Networks.Firewall;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

public sealed partial class NetworkService
{
    /// <summary>
    /// All our bridges but those with a name of the user's choice begin with this, so that one rule in other programs' chains can speak of all
    /// of them (see <see cref="ForwardGuard"/>).
    /// </summary>
    internal const string BridgePrefix = "gantry";

    /// <summary>Digits of the network id in the device name: with the prefix they fill its 15 characters.</summary>
    private const int BridgeDigits = 8;

    public async Task<NetworkRecord> CreateAsync(NetworkCreateOptions options, CancellationToken ct)
    {
        var complete = Complete(options);
        return UsesPlugins(complete) ? await CreateWithPluginsAsync(options, ct).ConfigureAwait(false) : (await AddAsync(options, [], "local", ct).ConfigureAwait(false)).Record;
    }

    /// <summary>Makes a network that is ours, or our part of one that is a plugin's.</summary>
    /// <param name="pools">Those that a plugin gave; empty where we choose.</param>
    private async Task<NetworkEntry> AddAsync(NetworkCreateOptions options, IReadOnlyList<PoolState> pools, string scope, CancellationToken ct)
    {
        await _networkGate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            options = Complete(options);
            var entry = options.ConfigOnly ? NewConfigOnly(options)
                : NetworkDrivers.HasParent(options.Driver) ? NewParentNetwork(options, pools)
                : options.Driver == NetworkDrivers.Bridge ? NewBridgeNetwork(options, origin: null, pools)
                : NewPluginNetwork(options, pools, scope);
            Install(entry);
            if (HasOddName(entry))
            {
                _guard.Ensure(ForwardedBridges());
            }

            return entry;
        }
        finally
        {
            _networkGate.Release();
        }
    }

    /// <summary>The request as it will be carried out.</summary>
    private NetworkCreateOptions Complete(NetworkCreateOptions options) =>
        NetworkRules.CheckDetails(ApplyConfigFrom(NetworkRules.Check(NetworkDefaults.Apply(WithFullNames(options), _options.DefaultNetworkOptions), FindExact)));

    public async Task RemoveAsync(string id, CancellationToken ct)
    {
        await _networkGate.WaitAsync(ct).ConfigureAwait(false);
        NetworkEntry entry;
        try
        {
            entry = GetNetwork(id);
            CheckRemovable(entry);
            if (!IsOfPlugins(entry))
            {
                Remove(entry);
                return;
            }
        }
        finally
        {
            _networkGate.Release();
        }

        TellOfRemoval(entry);
        await _networkGate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            Remove(entry);
        }
        finally
        {
            _networkGate.Release();
        }
    }

    private void Remove(NetworkEntry entry)
    {
        try
        {
            Uninstall(entry);
        }
        catch
        {
            entry.Revive();
            throw;
        }

        if (HasOddName(entry))
        {
            _guard.RemoveExcept(ForwardedBridges());
        }
    }

    /// <summary>A bridge that the one pattern for all of ours does not fit.</summary>
    private static bool HasOddName(NetworkEntry entry) => entry.IsBridge && !entry.Record.BridgeName.StartsWith(BridgePrefix, StringComparison.Ordinal);

    private List<string> ForwardedBridges() => [BridgePrefix + "*", .. _networks.Values.Where(HasOddName).Select(n => n.Record.BridgeName)];

    private NetworkRecord? FindExact(string name) => _networks.Values.FirstOrDefault(n => n.Record.Name == name)?.Record;

    private void CheckRemovable(NetworkEntry entry)
    {
        var record = entry.Record;
        if (record.Predefined)
        {
            throw new GantryException(ErrorKind.Forbidden, $"{record.Name} is a pre-defined network and cannot be removed");
        }

        if (record.ConfigOnly && _networks.Values.Any(n => n.Record.ConfigFrom == record.Name))
        {
            throw new GantryException(ErrorKind.Forbidden, $"error while removing network: configuration network \"{record.Name}\" is in use");
        }

        if (entry.IsRetired)
        {
            throw GantryException.NotFound($"network {record.Name} not found");
        }

        if (!entry.TryRetire())
        {
            throw new GantryException(ErrorKind.Forbidden, $"error while removing network: network {record.Name} has active endpoints ({string.Join(", ", entry.Endpoints.Select(e => $"name:\"{e.ContainerName}\" id:\"{e.EndpointId[..12]}\""))})");
        }
    }

    /// <summary>
    /// The record first: a kill between it and the device leaves a network that the next start completes, never a device that nobody knows.
    /// </summary>
    private void Install(NetworkEntry entry)
    {
        _records.Save(entry.State);
        try
        {
            Raise(entry);
            _networks[entry.Record.Id] = entry;
        }
        catch
        {
            Lower(entry);
            _records.DeleteNetwork(entry.Record.Id);
            throw;
        }
    }

    private void Uninstall(NetworkEntry entry)
    {
        Lower(entry);
        _records.DeleteNetwork(entry.Record.Id);
        _networks.TryRemove(entry.Record.Id, out _);
    }

    /// <summary>Brings a network up in the kernel. Rules come before the device, so that it never lacks them.</summary>
    private void Raise(NetworkEntry entry)
    {
        if (entry.Parent is not null)
        {
            RaiseParent(entry);
        }

        if (!entry.IsBridge)
        {
            return;
        }

        var record = entry.Record;
        foreach (var v6 in new[] { false, true }.Where(v6 => _options.Forwarding && (v6 ? record.EnableIPv6 : record.EnableIPv4)))
        {
            _settings.EnableForwarding(v6);
        }

        _firewall.AddBridge(RulesOf(entry));
        EnsureBridge(entry);
    }

    private static BridgeRules RulesOf(NetworkEntry entry)
    {
        var settings = entry.Settings;
        return new BridgeRules(entry.Record.BridgeName, entry.Record.Internal, settings.Intercom)
        {
            V4 = Family(settings.Mode4, settings.HostAddress4),
            V6 = Family(settings.Mode6, settings.HostAddress6),
            Trusted = settings.TrustedInterfaces,
        };

        FamilyRules Family(GatewayMode mode, string source) => new(
            settings.Masquerade && mode is GatewayMode.Nat or GatewayMode.NatUnprotected,
            Unprotected: mode == GatewayMode.NatUnprotected,
            Routed: mode == GatewayMode.Routed,
            Source: source.Length > 0 ? System.Net.IPAddress.Parse(source) : null);
    }

    private void EnsureBridge(NetworkEntry entry)
    {
        var record = entry.Record;
        var addresses = from pool in entry.State.Pools
                        where pool.Gateway.Length > 0
                        let gateway = System.Net.IPAddress.Parse(pool.Gateway)
                        let length = int.Parse(pool.Subnet[(pool.Subnet.IndexOf('/', StringComparison.Ordinal) + 1)..], System.Globalization.CultureInfo.InvariantCulture)
                        where !entry.Settings.InhibitIPv4 || gateway.AddressFamily == AddressFamily.InterNetworkV6
                        select (gateway, length);
        var owned = entry.Settings.Name.Length == 0 || (record.Predefined && _options.DefaultBridge.Bridge.Length == 0);
        entry.BridgeIndex = _bridges.Ensure(new BridgePlan(record.BridgeName, record.Id, entry.Settings.Mtu, [.. addresses], owned, entry.Settings.Intercom));
    }

    private void Lower(NetworkEntry entry)
    {
        if (entry.IsBridge)
        {
            _bridges.Remove(entry.Record.BridgeName);
            _firewall.RemoveBridge(entry.Record.BridgeName);
        }

        if (entry is { Parent: { } parent, State.OwnsParent: true } && !SharesParent(entry))
        {
            _parents.Remove(parent);
        }
    }

    private static NetworkEntry NewConfigOnly(NetworkCreateOptions options) =>
        new(new NetworkState { Record = ToRecord(options, Ids.New()) with { Driver = NetworkDrivers.Null } }, new BridgeSettings());

    private NetworkEntry NewBridgeNetwork(NetworkCreateOptions options, string? origin, IReadOnlyList<PoolState> given)
    {
        var settings = BridgeSettings.Parse(options.Options);
        if (!options.Internal && (settings.Mode4 == GatewayMode.Isolated || settings.Mode6 == GatewayMode.Isolated))
        {
            throw GantryException.Internal("gateway mode 'isolated' can only be used for an internal network");
        }

        var id = Ids.New();
        var name = settings.Name.Length > 0 ? settings.Name : FreeBridgeName(id);
        if (_networks.Values.FirstOrDefault(n => n.IsBridge && n.Record.BridgeName == name) is { } other)
        {
            throw new GantryException(
                ErrorKind.Forbidden,
                $"cannot create network {id} ({name}): conflicts with network {other.Record.Id} ({name}): networks have same bridge name");
        }

        var gateways = (settings.Mode4 != GatewayMode.Isolated && !(settings.InhibitIPv4 && options.Internal), settings.Mode6 != GatewayMode.Isolated);
        var pools = given.Count > 0 ? given : _planner.Plan(options, gateways, [.. _networks.Values.SelectMany(n => n.Subnets)], HostRanges());
        var record = ToRecord(options, id) with { BridgeName = name, Predefined = origin is not null, Ipam = Describe(options.Ipam, pools) };
        return new NetworkEntry(new NetworkState { Record = record, Pools = pools, Origin = origin ?? "" }, settings, PluginPool(record.Ipam));
    }

    private string FreeBridgeName(string id)
    {
        for (var start = 0; ; start++)
        {
            var name = $"{BridgePrefix}-{id.Substring(start, BridgeDigits)}";
            if (_route.FindLink(name) is null)
            {
                return name;
            }
        }
    }

    /// <summary>What the host reaches, and where its name servers are: a chosen subnet must not hide it.</summary>
    private List<Subnet> HostRanges() =>
    [
        .. _route.ListRoutes().Where(r => r.PrefixLength > 0).Select(r => Subnet.Of(r.Destination, r.PrefixLength)),
        .. _resolvers.Current.Nameservers.Where(s => Subnet.TryParseAddress(s, out _)).Select(System.Net.IPAddress.Parse)
            .Select(a => Subnet.Of(a, a.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)),
    ];

    /// <summary>Pools that were given are shown as given; those that were chosen, with their gateway.</summary>
    private static NetworkIpam Describe(NetworkIpam asked, IReadOnlyList<PoolState> pools) => asked with
    {
        Driver = asked.Driver.Length > 0 ? asked.Driver : "default",
        Configs = [.. asked.Configs, .. pools.Where(p => !p.Configured).Select(p => new NetworkIpamConfig { Subnet = p.Subnet, Gateway = p.Gateway })],
    };

    private NetworkCreateOptions ApplyConfigFrom(NetworkCreateOptions options)
    {
        if (options.ConfigFrom.Length == 0)
        {
            return options;
        }

        var source = FindExact(options.ConfigFrom) is { ConfigOnly: true } found
            ? found
            : throw GantryException.NotFound($"configuration network \"{options.ConfigFrom}\" does not exist");
        return options with
        {
            EnableIPv4 = source.EnableIPv4,
            EnableIPv6 = source.EnableIPv6,
            Internal = source.Internal,
            Ipam = source.Ipam,
            Options = source.Options,
            Labels = options.Labels.Count > 0 ? options.Labels : source.Labels,
        };
    }

    private static NetworkRecord ToRecord(NetworkCreateOptions options, string id) => new()
    {
        Id = id,
        Name = options.Name,
        Created = DateTimeOffset.UtcNow,
        Driver = options.Driver.Length > 0 ? options.Driver : NetworkDrivers.Bridge,
        EnableIPv4 = options.EnableIPv4 ?? true,
        EnableIPv6 = options.EnableIPv6 ?? false,
        Internal = options.Internal,
        Attachable = options.Attachable,
        Ingress = options.Ingress,
        ConfigOnly = options.ConfigOnly,
        ConfigFrom = options.ConfigFrom,
        Ipam = options.Ipam with { Driver = options.Ipam.Driver.Length > 0 ? options.Ipam.Driver : "default" },
        Options = options.Options,
        Labels = options.Labels,
    };
}
