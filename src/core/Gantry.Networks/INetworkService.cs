namespace Gantry.Networks;

/// <summary>
/// Networks, the network sandboxes (namespaces) of containers, and the endpoints that join the two.
/// </summary>
/// <remarks>
/// <para>A <em>network</em> is what <c>network create</c> makes. A <em>sandbox</em> is one container's network namespace. An <em>endpoint</em> is
/// the attachment of a sandbox to a network: an interface, addresses, names, routes.</para>
/// <para>To start a container the engine calls <see cref="CreateSandboxAsync"/>, then <see cref="ConnectAsync"/> once per network, puts
/// <see cref="SandboxInfo.SandboxKey"/> into the bundle and writes what <see cref="DescribeFiles"/> says to <c>/etc/hosts</c> and
/// <c>/etc/resolv.conf</c>. When the container has ended it calls <see cref="ReleaseSandboxAsync"/>. Published ports belong to the sandbox: they
/// are opened on the endpoint that holds the default gateway and move when that endpoint goes.</para>
/// <para>All members are safe to call from several threads. Errors are <see cref="Errors.GantryException"/> in Docker's words.</para>
/// </remarks>
public interface INetworkService : IAsyncDisposable
{
    /// <summary>
    /// Brings kernel and records in line after a start: makes the default networks and every recorded one, restores the sandboxes of
    /// <paramref name="live"/> containers (endpoints, port reservations, name servers, user-mode forwarders), and removes whatever else is ours.
    /// Call once, before anything else.
    /// </summary>
    Task RestoreAsync(IReadOnlyCollection<SandboxRestore> live, CancellationToken ct);

    /// <summary>Nothing is asked of the engine at the moment: gives back memory that will be filled anew when it is.</summary>
    void Rest();

    /// <summary>Names of the drivers of networks: ours, and the plugins that have been used.</summary>
    IReadOnlyList<string> Drivers { get; }

    /// <summary>All networks, oldest first.</summary>
    IReadOnlyList<NetworkRecord> List();

    /// <summary>Finds by exact name, full id, then unique id prefix; null when there is none.</summary>
    /// <exception cref="Errors.GantryException">The prefix is ambiguous.</exception>
    NetworkRecord? Find(string idOrNameOrPrefix);

    /// <summary>Subnets (CIDR) that the network's maker named; containers may ask for addresses in these.</summary>
    IReadOnlyList<string> ConfiguredSubnets(string networkId);

    /// <summary>Creates a network. It is durable when this returns.</summary>
    Task<NetworkRecord> CreateAsync(NetworkCreateOptions options, CancellationToken ct);

    /// <summary>Removes a network that has no endpoints; the predefined ones can't be removed.</summary>
    Task RemoveAsync(string id, CancellationToken ct);

    /// <summary>Makes the network namespace of a container, with only loopback in it (or none at all for <see cref="SandboxMode.Host"/>).</summary>
    Task<SandboxInfo> CreateSandboxAsync(SandboxOptions options, CancellationToken ct);

    /// <summary>Joins a sandbox to a network: interface, addresses, routes, names and, where this endpoint has the default gateway, the ports.</summary>
    Task<EndpointInfo> ConnectAsync(string containerId, string networkId, EndpointOptions options, CancellationToken ct);

    /// <summary>Takes a sandbox off a network. Not an error when it is not on it any more.</summary>
    Task DisconnectAsync(string containerId, string networkId, CancellationToken ct);

    /// <summary>Disconnects everything, closes ports and removes the namespace. Idempotent; tolerates a half-made sandbox.</summary>
    Task ReleaseSandboxAsync(string containerId, CancellationToken ct);

    /// <summary>Gives the names of a running container a new first name (<c>docker rename</c>).</summary>
    Task RenameContainerAsync(string containerId, string newName, CancellationToken ct);

    /// <summary>
    /// Says which containers link to which others. That matters where a network keeps its containers from each other (<c>enable_icc=false</c>).
    /// Replaces what was said before. Containers without a sandbox are passed over: say it again when one has come or gone.
    /// </summary>
    void AllowLinks(IReadOnlyCollection<LinkAccess> links);

    /// <summary>Takes a link's alias off a running container's endpoints; see <see cref="DescribeFiles"/> for what follows from it.</summary>
    Task UnlinkAsync(string containerId, string alias, CancellationToken ct);

    /// <summary>Checks what a client asks for before a container that will join is made.</summary>
    /// <exception cref="Errors.GantryException">"invalid endpoint settings: ...", or the network is not found.</exception>
    void ValidateEndpoint(string networkId, EndpointOptions options);

    SandboxInfo? FindSandbox(string containerId);

    /// <summary>Endpoints on a network, in the order they joined.</summary>
    IReadOnlyList<EndpointInfo> Endpoints(string networkId);

    /// <summary>
    /// The contents of <c>/etc/hosts</c> and <c>/etc/resolv.conf</c> for a container as its sandbox stands now. Ask again after each connect
    /// or disconnect of a running container.
    /// </summary>
    SandboxFiles DescribeFiles(string containerId);

    /// <summary>
    /// Removes everything of ours from the kernel (bridges, the nftables table, rules for coexistence, changed sysctls where that is safe). Network
    /// records stay and <see cref="RestoreAsync"/> brings them back. Call at an orderly end when no container lives.
    /// </summary>
    Task TearDownAsync(CancellationToken ct);

    /// <summary>The addresses that <c>host-gateway</c> stands for: those of the daemon's flag, else the default bridge's; none where there is no such bridge.</summary>
    IReadOnlyList<string> HostGateways();
}
