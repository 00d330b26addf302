using Gantry.Oci;
using Gantry.RegistryServer;

namespace Gantry.Registry.Tests.Support;

/// <summary>Our registry server in this process, on a free port, with its own directory.</summary>
internal sealed class TestRegistry : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly RegistryServer.RegistryServer _server;

    private TestRegistry(TemporaryDirectory directory, RegistryServer.RegistryServer server)
    {
        _directory = directory;
        _server = server;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://{server.Address}") };
    }

    internal string Address => _server.Address;

    internal string Root => _directory.At("data");

    internal HttpClient Http { get; }

    /// <summary>Failures of the server itself; tests look that there are none.</summary>
    internal List<string> Failures { get; private init; } = [];

    internal static async Task<TestRegistry> StartAsync(Func<RegistryServerOptions, RegistryServerOptions>? configure = null)
    {
        var directory = new TemporaryDirectory();
        var failures = new List<string>();
        var options = new RegistryServerOptions { Root = directory.At("data"), Listen = "127.0.0.1:0", Log = failures.Add };
        var server = await RegistryServer.RegistryServer.StartAsync(configure?.Invoke(options) ?? options);
        return new TestRegistry(directory, server) { Failures = failures };
    }

    internal ImageReference Reference(string name) => ImageReference.Parse($"{Address}/{name}");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        _directory.Dispose();
    }
}
