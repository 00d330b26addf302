using Gantry.Linux.Networking;
using Gantry.Networks.Service;

namespace Gantry.Networks.Tests.Support;

/// <summary>A network service on a test machine, with the few calls an engine makes to start and end containers.</summary>
internal sealed class Engine : IAsyncDisposable
{
    private readonly Dictionary<string, NetworkNamespace> _spaces = [];
    private int _count;

    private Engine(TestMachine machine, NetworkService service)
    {
        Machine = machine;
        Service = service;
    }

    public TestMachine Machine { get; }

    public NetworkService Service { get; }

    public static async Task<Engine> StartAsync(TestMachine machine, INetworkStateStore? store = null, NetworkServiceOptions? options = null, params SandboxRestore[] live)
    {
        var service = new NetworkService(options ?? machine.Options(), store ?? new MemoryStateStore());
        await service.RestoreAsync(live, default);
        return new Engine(machine, service);
    }

    /// <summary>Starts a container on one network; returns its id.</summary>
    public async Task<string> RunAsync(string name, string network = "bridge", EndpointOptions? endpoint = null, params PortRequest[] ports)
    {
        var id = $"{name}{++_count:x}".PadRight(64, '0').Replace('_', '0');
        var mode = network == "host" ? SandboxMode.Host : SandboxMode.Private;
        await Service.CreateSandboxAsync(new SandboxOptions { ContainerId = id, ContainerName = name, Hostname = id[..12], Ports = ports, Mode = mode }, default);
        try
        {
            await Service.ConnectAsync(id, Service.Find(network)!.Id, endpoint ?? new EndpointOptions(), default);
            return id;
        }
        catch
        {
            await Service.ReleaseSandboxAsync(id, default);
            throw;
        }
    }

    public NetworkNamespace Space(string containerId)
    {
        if (!_spaces.TryGetValue(containerId, out var space))
        {
            space = _spaces[containerId] = NetworkNamespace.Open(Service.FindSandbox(containerId)!.SandboxKey);
        }

        return space;
    }

    public EndpointInfo Endpoint(string containerId) => Service.FindSandbox(containerId)!.Endpoints[0];

    public string Address(string containerId) => Endpoint(containerId).IPAddress;

    /// <summary>Lets go of the namespaces, as the end of the containers' processes does.</summary>
    public void EndProcesses()
    {
        foreach (var space in _spaces.Values)
        {
            space.Dispose();
        }

        _spaces.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        EndProcesses();
        await Service.DisposeAsync();
    }
}
