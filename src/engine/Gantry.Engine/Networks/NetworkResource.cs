using Gantry.Api;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.Networking;
using Gantry.Engine.Filters;
using Gantry.Errors;
using Gantry.Metadata;
using Gantry.Networks;

namespace Gantry.Engine.Networks;

/// <summary>Networks as clients see them.</summary>
public sealed class NetworkResource
{
    private readonly EngineCore _core;
    private readonly NetworkUse _use;

    internal NetworkResource(EngineCore core, NetworkUse use)
    {
        _core = core;
        _use = use;
    }

    /// <inheritdoc cref="INetworkService.Rest"/>
    public void Rest() => _core.Parts.Networks.Rest();

    /// <exception cref="GantryException">InvalidArgument: unknown filters.</exception>
    public IReadOnlyList<Network> List(FilterSet filters)
    {
        var accepted = filters.Validate("dangling", "driver", "id", "label", "name", "scope", "type");
        return _core.Parts.Networks.List().Where(n => Matches(accepted, n)).Select(n => NetworkDescription.Describe(n, null)).ToList();
    }

    /// <exception cref="GantryException">NotFound <c>network X not found</c>.</exception>
    public Network Inspect(string reference, string scope)
    {
        var network = Get(reference);
        return scope.Length == 0 || scope == network.Scope
            ? NetworkDescription.Describe(network, _core.Parts.Networks.Endpoints(network.Id))
            : throw NotFound(reference);
    }

    public async Task<NetworkCreateResponse> CreateAsync(NetworkCreateRequest request)
    {
        var network = await _core.Parts.Networks.CreateAsync(OptionsOf(request), CancellationToken.None).ConfigureAwait(false);
        Publish("create", network);
        return new NetworkCreateResponse { Id = network.Id, Warning = string.Empty };
    }

    /// <exception cref="GantryException">NotFound, Forbidden, Conflict in Docker's words.</exception>
    public async Task RemoveAsync(string reference)
    {
        var network = Get(reference);
        await _core.Parts.Networks.RemoveAsync(network.Id, CancellationToken.None).ConfigureAwait(false);
        Publish("destroy", network);
    }

    /// <summary>Joins a container to a network: at once when it runs, else at its next start.</summary>
    /// <exception cref="GantryException">NotFound, Forbidden, InvalidArgument in Docker's words.</exception>
    public async Task ConnectAsync(string reference, string containerReference, EndpointSettings? settings)
    {
        var network = Get(reference);
        var container = _core.Containers.Get(containerReference);
        var endpoint = settings ?? new EndpointSettings();
        NetworkSelection.CheckEndpoint(network.Name, endpoint, _core.Parts.Networks.ConfiguredSubnets(network.Id));
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            var record = container.Record;
            CheckConnectable(record, network);
            if (record.State.IsActive)
            {
                await _use.ConnectAsync(record, network.Id, endpoint, CancellationToken.None).ConfigureAwait(false);
                _use.WriteFiles(record);
            }
            else if (record.Networks.Keys.Any(n => _core.Parts.Networks.Find(n)?.Id == network.Id))
            {
                // It is to be connected already, and stays so with the settings it has.
                return;
            }

            _core.Update(
                container,
                r => r with { Networks = new Dictionary<string, EndpointSettings>(r.Networks) { [network.Name] = endpoint } },
                Durability.Durable);
        }
    }

    /// <exception cref="GantryException">NotFound, Forbidden in Docker's words.</exception>
    public async Task DisconnectAsync(string reference, string containerReference, bool force)
    {
        var network = _core.Parts.Networks.Find(reference);
        if (!_core.Containers.TryGet(containerReference, out var container))
        {
            // With force an endpoint of that name would do; there is none without its container.
            throw network is null ? NotFound(reference)
                : GantryException.NotFound(force ? $"endpoint {containerReference} not found" : $"No such container: {containerReference}");
        }

        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            // Of a network that is gone a container may still know: when it doesn't run, or by force, it forgets.
            var record = container.Record;
            if (network is null && record.State.IsActive && !force)
            {
                throw NotFound(reference);
            }

            var key = record.Networks.Keys.FirstOrDefault(n => network is null ? n == reference : _core.Parts.Networks.Find(n)?.Id == network.Id)
                ?? throw GantryException.Internal(
                    $"container {record.Id} is not connected to {(record.State.IsActive && network is not null ? "network" : "the network")} {network?.Name ?? reference}");
            if (record.State.IsActive && record.HostConfig.NetworkMode == "host" && network?.Name == "host")
            {
                throw GantryException.InvalidArgument("cannot disconnect container from host network - container was created in host network mode");
            }

            if (record.State.IsActive && network is not null)
            {
                await _core.Parts.Networks.DisconnectAsync(record.Id, network.Id, CancellationToken.None).ConfigureAwait(false);
                _use.WriteFiles(record);
                _use.Publish("disconnect", network.Id, network.Name, network.Driver, record.Id);
            }

            _core.Update(
                container,
                r => r with { Networks = r.Networks.Where(n => n.Key != key).ToDictionary(n => n.Key, n => n.Value) },
                Durability.Durable);
        }
    }

    /// <summary>Removes networks of users that no container, running or not, is on.</summary>
    public async Task<NetworkPruneResponse> PruneAsync(FilterSet filters)
    {
        var accepted = filters.Validate("until", "label", "label!");
        var until = accepted["until"].Count > 0 ? TimeFilter.Parse(accepted["until"][0], DateTimeOffset.UtcNow) : (DateTimeOffset?)null;
        var used = _core.Containers.All().SelectMany(c => c.Record.Networks.Keys).ToHashSet();
        var deleted = new List<string>();
        foreach (var network in _core.Parts.Networks.List().Where(n => !n.Predefined && !used.Contains(n.Name) && !used.Contains(n.Id)))
        {
            if ((until is null || network.Created < until) && accepted.MatchLabels("label", network.Labels)
                && (!accepted.Has("label!") || !accepted.MatchLabels("label!", network.Labels))
                && _core.Parts.Networks.Endpoints(network.Id).Count == 0)
            {
                await _core.Parts.Networks.RemoveAsync(network.Id, CancellationToken.None).ConfigureAwait(false);
                Publish("destroy", network);
                deleted.Add(network.Name);
            }
        }

        _core.Events.Publish("network", "prune", string.Empty, new Dictionary<string, string> { ["reclaimed"] = "0" });
        return new NetworkPruneResponse { NetworksDeleted = deleted.Count == 0 ? null : deleted };
    }

    private void CheckConnectable(Containers.State.ContainerRecord record, NetworkRecord network)
    {
        if (NetworkSelection.IsContainer(record.HostConfig.NetworkMode))
        {
            throw GantryException.InvalidArgument("container sharing network namespace with another container or host cannot be connected to any other network");
        }

        if (record.HostConfig.NetworkMode != "host" && network.Name == "host")
        {
            throw GantryException.InvalidArgument("cannot connect container to host network - container must be created in host network mode");
        }

        if (record.HostConfig.NetworkMode == "host")
        {
            throw GantryException.InvalidArgument("container sharing network namespace with another container or host cannot be connected to any other network");
        }

        if (network.Name == "none" || (record.HostConfig.NetworkMode == "none" && record.State.IsActive))
        {
            throw GantryException.InvalidArgument("container cannot be connected to multiple networks with one of the networks in private (none) mode");
        }

        if (record.State.IsActive && _core.Parts.Networks.FindSandbox(record.Id)?.Endpoints.Any(e => e.NetworkId == network.Id) == true)
        {
            throw Forbidden($"endpoint with name {record.Name} already exists in network {network.Name}");
        }
    }

    private bool Matches(FilterSet filters, NetworkRecord network) =>
        filters.Any("driver", v => network.Driver == v)
        && filters.Any("id", v => network.Id.StartsWith(v, StringComparison.Ordinal))
        && filters.MatchText("name", network.Name)
        && filters.Any("scope", v => network.Scope == v)
        && filters.MatchLabels("label", network.Labels)
        && filters.Any("type", v => v switch
        {
            "custom" => !network.Predefined,
            "builtin" => network.Predefined,
            _ => throw GantryException.Internal($"invalid filter: 'type'='{v}'"),
        })
        && (!filters.Has("dangling") || Dangling(filters) == IsDangling(network));

    private static bool Dangling(FilterSet filters) => filters["dangling"] switch
    {
        ["true" or "1"] => true,
        ["false" or "0"] => false,
        _ => throw GantryException.InvalidArgument("invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")"),
    };

    private bool IsDangling(NetworkRecord network) => !network.Predefined && _core.Parts.Networks.Endpoints(network.Id).Count == 0;

    private static NetworkCreateOptions OptionsOf(NetworkCreateRequest request) => new()
    {
        Name = request.Name ?? string.Empty,
        Driver = request.Driver ?? string.Empty,
        Scope = request.Scope ?? string.Empty,
        EnableIPv4 = request.EnableIPv4,
        EnableIPv6 = request.EnableIPv6,
        Internal = request.Internal ?? false,
        Attachable = request.Attachable ?? false,
        Ingress = request.Ingress ?? false,
        ConfigOnly = request.ConfigOnly ?? false,
        ConfigFrom = request.ConfigFrom?.Network ?? string.Empty,
        Ipam = new NetworkIpam
        {
            Driver = string.IsNullOrEmpty(request.IPAM?.Driver) ? "default" : request.IPAM.Driver,
            Options = request.IPAM?.Options,
            Configs = (request.IPAM?.Config ?? []).Select(c => new NetworkIpamConfig
            {
                Subnet = c.Subnet ?? string.Empty,
                IPRange = c.IPRange ?? string.Empty,
                Gateway = c.Gateway ?? string.Empty,
                AuxiliaryAddresses = c.AuxiliaryAddresses,
            }).ToList(),
        },
        Options = request.Options ?? [],
        Labels = request.Labels ?? [],
    };

    private NetworkRecord Get(string reference) => _core.Parts.Networks.Find(reference) ?? throw NotFound(reference);

    private void Publish(string action, NetworkRecord network) => _core.Events.Publish("network", action, network.Id, new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["name"] = network.Name,
        ["type"] = network.Driver,
    });

    private static GantryException NotFound(string reference) => GantryException.NotFound($"network {reference} not found");

    private static GantryException Forbidden(string message) => new(ErrorKind.Forbidden, message);
}
