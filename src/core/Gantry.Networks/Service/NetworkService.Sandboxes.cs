using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;
using Gantry.Networks.Dns;
using Gantry.Networks.Files;
using Gantry.Networks.Ports;

namespace Gantry.Networks.Service;

public sealed partial class NetworkService
{
    private const string HostsPath = "/etc/hosts";
    private const string HostGateway = "host-gateway";

    public Task<SandboxInfo> CreateSandboxAsync(SandboxOptions options, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        PortSpec.ParseAll(options.Ports);

        var id = Ids.New();
        var sandbox = new SandboxEntry(options, id, options.Mode == SandboxMode.Host ? "" : Path.Combine(_options.RunDirectory, Ids.Short(id)));
        if (!_sandboxes.TryAdd(options.ContainerId, sandbox))
        {
            sandbox.Dispose();
            throw GantryException.Conflict($"sandbox of container {options.ContainerId} already exists");
        }

        try
        {
            Open(sandbox);
            _records.Save(sandbox.ToState());
            return Task.FromResult(sandbox.ToInfo());
        }
        catch (Exception e)
        {
            Tear(sandbox);
            throw e is LinuxException linux ? linux.ToGantry("failed to create the network namespace") : e;
        }
    }

    public async Task ReleaseSandboxAsync(string containerId, CancellationToken ct)
    {
        if (!_sandboxes.TryGetValue(containerId, out var sandbox))
        {
            return;
        }

        using (await sandbox.EnterAsync(ct).ConfigureAwait(false))
        {
            if (!sandbox.Released)
            {
                Tear(sandbox);
            }
        }
    }

    public async Task RenameContainerAsync(string containerId, string newName, CancellationToken ct)
    {
        var sandbox = GetSandbox(containerId);
        using (await sandbox.EnterAsync(ct).ConfigureAwait(false))
        {
            var oldName = sandbox.Options.ContainerName;
            sandbox.Options = sandbox.Options with { ContainerName = newName };
            foreach (var endpoint in sandbox.Endpoints)
            {
                var renamed = endpoint with { ContainerName = newName, DnsNames = [.. endpoint.DnsNames.Select(n => n == oldName ? newName : n)] };
                Exchange(sandbox, endpoint, renamed);
            }

            _records.Save(sandbox.ToState());
        }
    }

    public SandboxFiles DescribeFiles(string containerId)
    {
        var sandbox = GetSandbox(containerId);
        var options = sandbox.Options;
        var extra = options.ExtraHosts.SelectMany(ParseExtraHost).Concat(LinkedHosts(sandbox)).ToList();
        if (options.Mode == SandboxMode.Host)
        {
            var hosts = File.Exists(HostsPath) ? File.ReadAllText(HostsPath) : "";
            return new SandboxFiles(HostsFile.RenderForHost(hosts, extra), WithOverrides(options).Render(_resolvers.Source));
        }

        var own = sandbox.Endpoints.SelectMany(e => new[] { e.IPAddress, e.GlobalIPv6Address }).Where(a => a.Length > 0);
        var resolv = sandbox.Dns is not null
            ? WithOverrides(options).ForEmbeddedServer()
            : DirectServers(sandbox);
        return new SandboxFiles(
            HostsFile.Render(extra, own, options.Hostname, options.Domainname, !options.DisableIPv6),
            resolv.Render(_resolvers.Source));
    }

    private void Open(SandboxEntry sandbox)
    {
        if (sandbox.Options.Mode == SandboxMode.Private)
        {
            if (sandbox.Options.UserNamespace && _options.Ids is { } ids)
            {
                (sandbox.UserNamespace, sandbox.Namespace) = _endpoints.CreateNamespace(ids);
            }
            else
            {
                sandbox.Namespace = _endpoints.CreateNamespace();
            }

            Directory.CreateDirectory(_options.RunDirectory);
            sandbox.Namespace.MountAt(sandbox.Key);
        }
    }

    /// <summary>Takes a sandbox apart as far as it was made. Nothing here may keep the rest from going, so failures are only reported.</summary>
    private void Tear(SandboxEntry sandbox)
    {
        var endpoints = sandbox.Endpoints;
        Attempt(sandbox, "unpublish ports", () => _publisher.Move(sandbox, null, PortRoutesOf(sandbox.Gateways), PortRoutes.None));
        TellOfPorts(sandbox, sandbox.Gateways.First, null);
        foreach (var endpoint in endpoints)
        {
            if (endpoint.HostInterfaceName.Length > 0)
            {
                Attempt(sandbox, "shut a bridge's port", () => _bridges.Shut(endpoint.HostInterfaceName));
            }

            if (_networks.GetValueOrDefault(endpoint.NetworkId) is { IsPlugin: true })
            {
                LeavePlugin(sandbox, endpoint);
            }

            Attempt(sandbox, "leave a network", () => Forget(endpoint));
        }

        Attempt(sandbox, "close the namespace", () =>
        {
            sandbox.Dns?.Dispose();
            sandbox.Dns = null;
            sandbox.Namespace?.Dispose();
            sandbox.UserNamespace?.Dispose();
            if (sandbox.Key.Length > 0)
            {
                NetworkNamespace.Unmount(sandbox.Key);
            }
        });
        Attempt(sandbox, "delete the record", () => _records.DeleteSandbox(sandbox.Options.ContainerId));
        sandbox.Endpoints = [];
        sandbox.Gateways = GatewayPair.None;
        sandbox.Released = true;
        _sandboxes.TryRemove(sandbox.Options.ContainerId, out _);
        _reaper.Add(endpoints.Where(e => e.HostInterfaceName.Length > 0).Select(e => e.HostInterfaceName));
    }

    private void Attempt(SandboxEntry sandbox, string what, Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (e is GantryException or IOException or UnauthorizedAccessException)
        {
            _warn($"sandbox of container {sandbox.Options.ContainerId}: can't {what}: {e.Message}");
        }
    }

    private ResolvConf WithOverrides(SandboxOptions options) => _resolvers.Current.With(
        options.Dns.Count > 0 ? options.Dns : _options.Dns,
        options.DnsSearch.Count > 0 ? options.DnsSearch : _options.DnsSearch,
        options.DnsOptions.Count > 0 ? options.DnsOptions : _options.DnsOptions);

    /// <summary>Servers that were asked for are taken as they are; the host's only where the container can reach them.</summary>
    private ResolvConf DirectServers(SandboxEntry sandbox)
    {
        var named = sandbox.Options.Dns.Count + _options.Dns.Count > 0;
        return named ? WithOverrides(sandbox.Options) : WithOverrides(sandbox.Options).ForDirectUse(sandbox.Endpoints.Any(e => e.GlobalIPv6Address.Length > 0));
    }

    /// <summary>Servers that the embedded one asks. Where the container has no way out only those that it reaches itself.</summary>
    private Upstreams UpstreamsOf(SandboxEntry sandbox)
    {
        var wayOut = sandbox.Gateways.First is not null;
        var named = sandbox.Options.Dns.Count + _options.Dns.Count > 0;
        return new Upstreams([.. from text in WithOverrides(sandbox.Options).ExternalServers
                                 where IPAddress.TryParse(text, out _) && text != ResolvConf.EmbeddedServer
                                 let address = IPAddress.Parse(text)
                                 let fromHost = !named && IPAddress.IsLoopback(address)
                                 where wayOut || !fromHost
                                 select new Upstream(new IPEndPoint(address, 53), fromHost)],
            wayOut ? string.Empty : sandbox.Id + " ");
    }

    private IEnumerable<(string Address, string Names)> ParseExtraHost(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            throw GantryException.InvalidArgument($"bad format for add-host: \"{text}\"");
        }

        var address = text[(colon + 1)..].Trim('[', ']');
        return (address == HostGateway ? HostGatewayAddresses() : [address]).Select(a => (a, text[..colon]));
    }

    private IReadOnlyList<string> HostGatewayAddresses() =>
        HostGateways() is { Count: > 0 } addresses ? addresses : throw GantryException.InvalidArgument("unable to derive the IP value for host-gateway");

    public IReadOnlyList<string> HostGateways()
    {
        var bridge = FindExact(NetworkDrivers.Bridge) is { } record ? _networks[record.Id] : null;
        return _options.HostGatewayIps.Count > 0
            ? [.. _options.HostGatewayIps]
            : [.. new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 }.Select(f => bridge?.Gateway(f)).OfType<IPAddress>().Select(a => a.ToString())];    }

    /// <summary>On the default bridge, which has no name server, links work through the hosts file.</summary>
    private IEnumerable<(string Address, string Names)> LinkedHosts(SandboxEntry sandbox) =>
        from endpoint in sandbox.Endpoints
        let network = _networks.GetValueOrDefault(endpoint.NetworkId)
        where network is { IsBridge: true, HasNames: false }
        from link in endpoint.Options.Links
        let parts = link.Split(':', 2)
        from other in network.Endpoints
        where other.ContainerName == parts[0] || other.ContainerId.StartsWith(parts[0], StringComparison.Ordinal)
        let names = new[] { parts[^1], _sandboxes.GetValueOrDefault(other.ContainerId)?.Options.Hostname ?? "", other.ContainerName }
        select (other.IPAddress, string.Join(' ', names.Where(n => n.Length > 0).Distinct()));
}
