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

    [Fact]
    public async Task Testcontainers_joins_networks_shares_volumes_and_moves_files()
    {
        TestcontainersSettings.ResourceReaperEnabled = false;
        await using var network = new NetworkBuilder().WithDockerEndpoint(engine.Host).WithName($"tc-{Guid.NewGuid():N}").Build();
        await using var volume = new VolumeBuilder().WithDockerEndpoint(engine.Host).WithName($"tc-{Guid.NewGuid():N}").Build();
        await network.CreateAsync();
        await volume.CreateAsync();
        await using var served = new ContainerBuilder("busybox:latest").WithDockerEndpoint(engine.Host)
            .WithNetwork(network).WithNetworkAliases("served").WithVolumeMount(volume, "/shared")
            .WithResourceMapping("mapped"u8.ToArray(), "/www/index.html").WithEntrypoint("httpd", "-f", "-p", "80", "-h", "/www").Build();
        await using var asking = new ContainerBuilder("busybox:latest").WithDockerEndpoint(engine.Host)
            .WithNetwork(network).WithVolumeMount(volume, "/shared", AccessMode.ReadOnly).WithEntrypoint("sleep", "1000").Build();
        await served.StartAsync();
        await asking.StartAsync();

        Assert.Equal("mapped", (await asking.ExecAsync(["wget", "-qO-", "http://served/"])).Stdout);
        Assert.Equal(0, (await served.ExecAsync(["sh", "-c", "echo -n kept > /shared/file"])).ExitCode);
        Assert.Equal("kept"u8.ToArray(), await asking.ReadFileAsync("/shared/file"));
        Assert.NotEqual(0, (await asking.ExecAsync(["touch", "/shared/other"])).ExitCode);
        await asking.CopyAsync("copied"u8.ToArray(), "/there/it/is");
        Assert.Equal("copied"u8.ToArray(), await asking.ReadFileAsync("/there/it/is"));
        await asking.PauseAsync();
        Assert.Equal(DotNet.Testcontainers.Containers.TestcontainersStates.Paused, asking.State);
        await asking.UnpauseAsync();
        await asking.StopAsync();
        Assert.Equal(DotNet.Testcontainers.Containers.TestcontainersStates.Exited, asking.State);
    }

    [Fact]
    public async Task Testcontainers_builds_images_and_waits_for_health()
    {
        TestcontainersSettings.ResourceReaperEnabled = false;
        var folder = Directory.CreateTempSubdirectory("gantry-tc-");
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "Dockerfile"),
                "FROM busybox:latest\nARG WHO=nobody\nRUN echo $WHO > /who\nHEALTHCHECK --interval=100ms CMD test -e /well\nCMD [\"sh\", \"-c\", \"sleep 0.5; touch /well; sleep 1000\"]\n");
            await using var image = new ImageFromDockerfileBuilder().WithDockerEndpoint(engine.Host).WithDockerfileDirectory(folder.FullName)
                .WithBuildArgument("WHO", "somebody").WithName($"tc-image:{Guid.NewGuid():N}").WithCleanUp(false).Build();
            await image.CreateAsync();
            await using var container = new ContainerBuilder(image).WithDockerEndpoint(engine.Host)
                .WithWaitStrategy(Wait.ForUnixContainer().UntilContainerIsHealthy()).Build();

            await container.StartAsync();

            Assert.Equal("somebody\n", (await container.ExecAsync(["cat", "/who"])).Stdout);
            Assert.Equal(DotNet.Testcontainers.Containers.TestcontainersHealthStatus.Healthy, container.Health);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
