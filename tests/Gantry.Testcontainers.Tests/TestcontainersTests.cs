using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Testcontainers.Tests;

[Collection(EngineCollection.Name)]
public sealed class TestcontainersTests(EngineProcess engine)
{
    [Fact]
    public async Task Testcontainers_starts_waits_reads_and_removes()
    {
        TestcontainersSettings.ResourceReaperEnabled = false;
        await using var container = new ContainerBuilder("busybox:latest")
            .WithDockerEndpoint(engine.Host)
            .WithPortBinding(80, assignRandomHostPort: true)
            .WithCommand("sh", "-c", "mkdir /www; echo served > /www/index.html; echo ready; exec httpd -f -p 80 -h /www")
            .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("ready").UntilInternalTcpPortIsAvailable(80))
            .Build();

        await container.StartAsync();

        using var http = new HttpClient();
        Assert.Equal("served\n", await http.GetStringAsync(new Uri($"http://{container.Hostname}:{container.GetMappedPublicPort(80)}/index.html")));
        Assert.Equal(0, (await container.ExecAsync(["true"])).ExitCode);
        Assert.Contains("ready", (await container.GetLogsAsync()).Stdout, StringComparison.Ordinal);
    }
}
