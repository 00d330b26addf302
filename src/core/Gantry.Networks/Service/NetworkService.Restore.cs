using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;
using Gantry.Networks.Drivers;
using Gantry.Networks.State;

namespace Gantry.Networks.Service;

public sealed partial class NetworkService
{
    public async Task RestoreAsync(IReadOnlyCollection<SandboxRestore> live, CancellationToken ct)
    {
        await _networkGate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            Directory.CreateDirectory(_options.RunDirectory);
            var states = _records.Sandboxes().ToDictionary(s => s.Options.ContainerId);
            RestoreNetworks(anyLive: live.Any(l => states.ContainsKey(l.ContainerId)));
            foreach (var container in live)
            {
                RestoreSandbox(container, states);
            }

            _firewall.Build();
            RemoveRecords([.. states.Values.Where(s => !_sandboxes.ContainsKey(s.Options.ContainerId))]);
            RemoveOrphans();
            ReplayAddresses();
            if (_options.Firewall)
            {
                _watch.Start();
            }
        }
        finally
        {
            _networkGate.Release();
        }
    }

    public async Task TearDownAsync(CancellationToken ct)
    {
        await _networkGate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (!_sandboxes.IsEmpty)
            {
                throw GantryException.Conflict($"{_sandboxes.Count} containers still use networks");
            }

            _watch.Stop();
            _reaper.Reap();
            foreach (var network in _networks.Values.Where(n => n.IsBridge))
            {
                _bridges.Remove(network.Record.BridgeName);
            }

            _firewall.Delete();
            _guard.Remove();
            _settings.Restore(_route);
            _networks.Clear();
        }
        finally
        {
            _networkGate.Release();
        }
    }

    private void RestoreNetworks(bool anyLive)
    {
        foreach (var state in _records.Networks())
        {
            if (!anyLive && IsOutdatedDefault(state))
            {
                _bridges.Remove(state.Record.BridgeName);
                _records.DeleteNetwork(state.Record.Id);
                continue;
            }

            Admit(state);
        }

        EnsurePredefined();
        foreach (var network in _networks.Values)
        {
            try
            {
                Raise(network);
            }
            catch (GantryException e) when (!network.Record.Predefined)
            {
                // One network that can't be had must not keep the engine from the others; joining it tells why.
                _warn($"network {network.Record.Name}: {e.Message}");
            }
        }
    }

    /// <summary>A network that can't be understood any more is left alone, and so are the others.</summary>
    private void Admit(NetworkState state)
    {
        try
        {
            var record = state.Record;
            _networks[record.Id] = NetworkDrivers.HasParent(record.Driver)
                ? new NetworkEntry(state, new BridgeSettings(), PluginPool(record.Ipam, isRestored: true)) { Parent = ParentSettings.Parse(record.Driver, record.Id, record.Options) }
                : new NetworkEntry(state, NetworkDrivers.IsBuiltIn(record.Driver) ? BridgeSettings.Parse(record.Options) : new BridgeSettings(), PluginPool(record.Ipam, isRestored: true));
        }
        catch (GantryException e)
        {
            _warn($"network {state.Record.Name}: {e.Message}");
        }
    }

    private void EnsurePredefined()
    {
        foreach (var (name, driver) in new[] { ("none", NetworkDrivers.Null), ("host", NetworkDrivers.Host) })
        {
            if (FindExact(name) is null)
            {
                var request = new NetworkCreateOptions { Name = name };
                Note(new NetworkEntry(new NetworkState { Record = ToRecord(request, Ids.New()) with { Driver = driver, Predefined = true } }, new BridgeSettings()));
            }
        }

        if (FindExact(NetworkDrivers.Bridge) is null && _options.DefaultBridge.Bridge != DefaultBridgeOptions.NoBridge)
        {
            Note(NewBridgeNetwork(_defaultBridge.Plan(), _defaultBridge.Origin, []));
        }
    }

    private void Note(NetworkEntry entry)
    {
        _records.Save(entry.State);
        _networks[entry.Record.Id] = entry;
    }

    /// <summary>The settings of the default bridge come with the start of the engine and may be others than last time.</summary>
    private bool IsOutdatedDefault(NetworkState state) =>
        state.Record is { Predefined: true, Driver: NetworkDrivers.Bridge } && state.Origin != _defaultBridge.Origin;

    private void RestoreSandbox(SandboxRestore container, Dictionary<string, SandboxState> states)
    {
        if (!states.TryGetValue(container.ContainerId, out var state))
        {
            _warn($"container {container.ContainerId} runs, but there is no record of its network");
            return;
        }

        var hostMode = state.Options.Mode == SandboxMode.Host;
        var sandbox = new SandboxEntry(state.Options, state.SandboxId, hostMode ? "" : Path.Combine(_options.RunDirectory, Ids.Short(state.SandboxId)));
        if (!hostMode)
        {
            sandbox.Namespace = FindNamespace(sandbox.Key, container.Pid);
            if (sandbox.Namespace is null)
            {
                _warn($"the network namespace of container {container.ContainerId} is lost");
                sandbox.Dispose();
                return;
            }
        }

        _sandboxes[container.ContainerId] = sandbox;
        Attempt(sandbox, "restore the network", () => RestoreEndpoints(sandbox, state));
    }

    private static NetworkNamespace? FindNamespace(string key, int pid)
    {
        if (NetworkNamespace.TryOpenMounted(key) is { } mounted)
        {
            return mounted;
        }

        if (pid <= 0 || !File.Exists($"/proc/{pid}/ns/net"))
        {
            return null;
        }

        NetworkNamespace ofProcess;
        try
        {
            ofProcess = NetworkNamespace.Open($"/proc/{pid}/ns/net");
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            // It ended a moment ago.
            return null;
        }

        NetworkNamespace.Unmount(key);
        ofProcess.MountAt(key);
        return ofProcess;
    }

    private void RestoreEndpoints(SandboxEntry sandbox, SandboxState state)
    {
        // First the addresses, whatever else may fail: they must not be given to another container.
        foreach (var endpoint in state.Endpoints)
        {
            if (_networks.TryGetValue(endpoint.NetworkId, out var network))
            {
                network.Restore(endpoint with { Ports = [] });
                sandbox.Endpoints = sandbox.Endpoints.Add(endpoint with { Ports = [] });
            }
        }

        foreach (var endpoint in sandbox.Endpoints)
        {
            Attempt(sandbox, $"restore its interface on network {endpoint.NetworkName}", () => RestoreInterface(sandbox, endpoint));
        }

        sandbox.Gateways = ChooseGateways(sandbox);
        _publisher.Restore(sandbox, [.. state.Endpoints.SelectMany(e => e.Ports)], PortRoutesOf(sandbox.Gateways));

        SettleNames(sandbox);
        if (state.DnsPort != 0)
        {
            StartDns(sandbox, state.DnsPort);
        }
    }

    /// <summary>The interface may have gone with a bridge that somebody deleted.</summary>
    private void RestoreInterface(SandboxEntry sandbox, EndpointInfo endpoint)
    {
        var network = _networks[endpoint.NetworkId];
        if (!network.HasInterface)
        {
            return;
        }

        if (network.HasNames)
        {
            network.Names.Add(endpoint.DnsNames, TargetOf(endpoint));
        }

        if (network.IsPlugin)
        {
            return;
        }

        if (network.Parent is not null
            ? !_endpoints.IsInside(endpoint.InterfaceName, sandbox.Namespace!)
            : !_endpoints.TryRejoin(endpoint.HostInterfaceName, network.BridgeIndex))
        {
            Attach(sandbox, network, endpoint);
            _endpoints.SetGateways(sandbox.Namespace!, [], [.. RoutesOf(ChooseGateways(sandbox)).Where(r => r.InterfaceName == endpoint.InterfaceName)]);
        }
    }

    /// <summary>Sandboxes of containers that ended while no engine ran. Their addresses are freed, but not the next to be given.</summary>
    private void RemoveRecords(IReadOnlyCollection<SandboxState> dead)
    {
        foreach (var state in dead)
        {
            foreach (var endpoint in state.Endpoints)
            {
                _networks.GetValueOrDefault(endpoint.NetworkId)?.Restore(endpoint);
            }
        }

        foreach (var state in dead)
        {
            foreach (var endpoint in state.Endpoints)
            {
                Release(endpoint);
            }

            try
            {
                _records.DeleteSandbox(state.Options.ContainerId);
            }
            catch (GantryException e)
            {
                // On a full disk the next start does it.
                _warn($"sandbox of container {state.Options.ContainerId}: can't delete the record: {e.Message}");
            }
        }
    }

    /// <summary>Removes what is ours in the kernel and belongs to nothing that is known any more.</summary>
    private void RemoveOrphans()
    {
        var keys = _sandboxes.Values.Select(s => s.Key).ToHashSet();
        foreach (var path in Directory.EnumerateFiles(_options.RunDirectory).Where(p => !keys.Contains(p)).ToList())
        {
            NetworkNamespace.Unmount(path);
        }

        var interfaces = _sandboxes.Values.SelectMany(s => s.Endpoints).Select(e => e.HostInterfaceName).ToHashSet();
        var bridges = _networks.Values.Select(n => n.Record.BridgeName).ToHashSet();
        foreach (var (bridge, ports) in _bridges.ListOurs())
        {
            foreach (var port in ports.Where(p => p.Kind == "veth" && !interfaces.Contains(p.Name)))
            {
                _bridges.Delete(port.Name);
            }

            if (!bridges.Contains(bridge.Name))
            {
                _bridges.Delete(bridge.Name);
            }
        }
    }
}
