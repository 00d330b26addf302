using Gantry.Api;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.Links;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Networks;
using Gantry.Networks.Dns;

namespace Gantry.Engine.Containers.Networking;

/// <summary>A container's place on the network, ready for its bundle.</summary>
/// <param name="NamespacePath">Path of the network namespace, or null for the host's.</param>
/// <param name="UserNamespacePath">Path of the user namespace that the network namespace belongs to, or null for the host's.</param>
/// <param name="FilesOwner">Container whose hosts, hostname and resolv.conf are used: the container itself, or the one whose network it joins.</param>
internal sealed record NetworkPlace(string? NamespacePath, string? UserNamespacePath, string FilesOwner);

/// <summary>Puts containers on their networks at start and takes them off at exit.</summary>
internal sealed class NetworkUse(EngineCore core)
{
    private readonly Lock _links = new();

    /// <summary>
    /// Makes the sandbox, connects the networks (the one of the network mode first: it becomes eth0) and writes the files that name hosts and
    /// name servers. On failure nothing is left.
    /// </summary>
    internal Task<NetworkPlace> JoinAsync(ContainerRecord record, CancellationToken cancellationToken) =>
        core.Metrics.Networks.MeasureAsync("allocate", () => AllocateAsync(record, cancellationToken));

    private async Task<NetworkPlace> AllocateAsync(ContainerRecord record, CancellationToken cancellationToken)
    {
        var mode = record.HostConfig.NetworkMode!;
        if (NetworkSelection.IsContainer(mode))
        {
            var other = mode[NetworkSelection.ContainerPrefix.Length..];
            return core.Containers.Get(other).Id == record.Id ? throw GantryException.Internal("cannot join own network namespace") : JoinOther(other);
        }

        Nameservers.Check(record.HostConfig.Dns ?? []);
        try
        {
            var sandbox = await core.Parts.Networks.CreateSandboxAsync(SandboxFor(record), cancellationToken).ConfigureAwait(false);
            foreach (var (name, settings) in record.Networks.Where(n => !IsAbsentDefault(n.Key)).OrderBy(n => n.Key == mode ? 0 : 1))
            {
                await ConnectAsync(record, name, settings, cancellationToken).ConfigureAwait(false);
            }

            WriteFiles(record);
            foreach (var linking in new ContainerLinks(core).LinkingTo(record.Id))
            {
                WriteFiles(linking);
            }

            AllowLinks();
            return new NetworkPlace(sandbox.Mode == SandboxMode.Host ? null : sandbox.SandboxKey, sandbox.UserNamespacePath, record.Id);
        }
        catch (Exception e)
        {
            await core.Parts.Networks.ReleaseSandboxAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
            if (e is GantryException failure)
            {
                throw new GantryException(failure.Kind, $"failed to set up container networking: {failure.Message}", failure);
            }

            throw;
        }
    }

    /// <summary>Connects one network and tells of it.</summary>
    /// <exception cref="GantryException">NotFound in Docker's words.</exception>
    internal async Task<EndpointInfo> ConnectAsync(ContainerRecord record, string network, EndpointSettings settings, CancellationToken cancellationToken)
    {
        var found = core.Parts.Networks.Find(network) ?? throw GantryException.NotFound($"network {network} not found");
        var options = OptionsFor(record, network, settings);
        var endpoint = await core.Metrics.Networks.MeasureAsync(
            "connect", () => core.Parts.Networks.ConnectAsync(record.Id, found.Id, options, cancellationToken)).ConfigureAwait(false);
        Publish("connect", found.Id, found.Name, found.Driver, record.Id);
        return endpoint;
    }

    /// <summary>Without a default bridge, what would be on it has loopback only.</summary>
    private bool IsAbsentDefault(string network) => core.Settings.NoDefaultBridge && network == "bridge";

    /// <summary>Takes the container off all its networks. Idempotent.</summary>
    internal async Task LeaveAsync(ContainerRecord record)
    {
        var endpoints = core.Parts.Networks.FindSandbox(record.Id)?.Endpoints ?? [];
        await core.Metrics.Networks.MeasureAsync("release", () => core.Parts.Networks.ReleaseSandboxAsync(record.Id, CancellationToken.None)).ConfigureAwait(false);
        AllowLinks();
        foreach (var endpoint in endpoints)
        {
            Publish("disconnect", endpoint.NetworkId, endpoint.NetworkName, core.Parts.Networks.Find(endpoint.NetworkId)?.Driver ?? "bridge", record.Id);
        }
    }

    /// <summary>Tells the network of all links there are. Under a lock, so that who comes last has seen everything.</summary>
    internal void AllowLinks()
    {
        lock (_links)
        {
            core.Parts.Networks.AllowLinks([.. new ContainerLinks(core).Accesses()]);
        }
    }

    /// <summary>Takes the alias of a link off a running container.</summary>
    internal async Task UnlinkAsync(ContainerRecord record, string alias)
    {
        AllowLinks();
        if (core.Parts.Networks.FindSandbox(record.Id) is not null)
        {
            await core.Parts.Networks.UnlinkAsync(record.Id, alias, CancellationToken.None).ConfigureAwait(false);
            WriteFiles(record);
        }
    }

    /// <summary>Rewrites /etc/hosts and /etc/resolv.conf of a running container in place: the files are bound into it.</summary>
    internal void WriteFiles(ContainerRecord record)
    {
        var files = core.Parts.Networks.DescribeFiles(record.Id);
        Directory.CreateDirectory(core.Paths.Container(record.Id));
        WriteInPlace(core.Paths.Hosts(record.Id), files.Hosts);
        WriteInPlace(core.Paths.ResolvConf(record.Id), files.ResolvConf);
        WriteInPlace(core.Paths.Hostname(record.Id), HostnameOf(record) + "\n");
    }

    internal void Publish(string action, string networkId, string name, string driver, string containerId) =>
        core.Events.Publish("network", action, networkId, new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["container"] = containerId,
            ["name"] = name,
            ["type"] = driver,
        });

    private static string HostnameOf(ContainerRecord record) =>
        record.HostConfig.NetworkMode == "host" && string.IsNullOrEmpty(record.Config.Hostname) ? Environment.MachineName : record.Config.Hostname ?? string.Empty;

    /// <summary>Same inode: a rename would leave the container with the old file.</summary>
    private void WriteInPlace(string path, string content)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, 1);
        var bytes = System.Text.Encoding.UTF8.GetBytes(content);
        file.Write(bytes);
        file.SetLength(bytes.Length);
        file.Flush();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        core.Settings.Ids?.GiveToRoot(path);
    }

    private NetworkPlace JoinOther(string reference)
    {
        var other = core.Containers.Get(reference).Record;
        if (other.State.Phase == ContainerPhase.Restarting)
        {
            throw GantryException.Conflict($"Container {other.Id} is restarting, wait until the container is running");
        }

        if (!other.State.IsActive)
        {
            throw GantryException.Conflict($"cannot join network of a non running container: {other.Id}");
        }

        if (NetworkSelection.IsContainer(other.HostConfig.NetworkMode))
        {
            return JoinOther(other.HostConfig.NetworkMode![NetworkSelection.ContainerPrefix.Length..]);
        }

        var sandbox = core.Parts.Networks.FindSandbox(other.Id);
        var user = core.Settings.Ids is null || other.HostConfig.UsernsMode == "host" ? null : $"/proc/{other.State.Pid}/ns/user";
        return new NetworkPlace(sandbox is null or { Mode: SandboxMode.Host } ? null : sandbox.SandboxKey, user, other.Id);
    }

    /// <summary>A namespace whose files another is joined to is not ours to make: that one's user namespace comes with it.</summary>
    private bool HasUserNamespace(HostConfig host) => core.Settings.Ids is not null && host.UsernsMode != "host"
        && !NetworkSelection.IsContainer(host.PidMode) && !NetworkSelection.IsContainer(host.IpcMode);

    private SandboxOptions SandboxFor(ContainerRecord record) => new()
    {
        UserNamespace = HasUserNamespace(record.HostConfig),
        ContainerId = record.Id,
        ContainerName = record.Name,
        Mode = record.HostConfig.NetworkMode == "host" ? SandboxMode.Host : SandboxMode.Private,
        Hostname = record.Config.Hostname ?? string.Empty,
        Domainname = record.Config.Domainname ?? string.Empty,
        Dns = record.HostConfig.Dns ?? [],
        DnsSearch = record.HostConfig.DnsSearch ?? [],
        DnsOptions = record.HostConfig.DnsOptions ?? [],
        ExtraHosts = record.HostConfig.ExtraHosts ?? [],
        DisableIPv6 = record.HostConfig.Sysctls?.GetValueOrDefault("net.ipv6.conf.all.disable_ipv6") == "1",
        Ports = record.HostConfig.NetworkMode is "host" or "none" ? [] : PortSpecs.Requests(record.Config, record.HostConfig),
    };

    /// <summary>Legacy links of the container go to the network of its network mode.</summary>
    private static EndpointOptions OptionsFor(ContainerRecord record, string network, EndpointSettings settings) => new()
    {
        Aliases = settings.Aliases ?? [],
        Links =
        [
            .. settings.Links ?? [],
            .. network != record.HostConfig.NetworkMode ? []
                : network == "bridge" ? record.Links.Select(l => $"{l.Id}:{l.Alias}") : record.HostConfig.Links ?? [],
        ],
        IPv4Address = settings.IPAMConfig?.IPv4Address ?? string.Empty,
        IPv6Address = settings.IPAMConfig?.IPv6Address ?? string.Empty,
        LinkLocalIPs = settings.IPAMConfig?.LinkLocalIPs ?? [],
        MacAddress = settings.MacAddress ?? string.Empty,
        GwPriority = (int)(settings.GwPriority ?? 0),
        DriverOpts = settings.DriverOpts ?? [],
    };
}
