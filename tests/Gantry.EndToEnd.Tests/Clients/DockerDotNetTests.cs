using Docker.DotNet;
using Docker.DotNet.Models;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Clients;

[Collection(EngineCollection.Name)]
public sealed class DockerDotNetTests(EngineProcess engine)
{
    [Fact]
    public async Task Container_life_through_Docker_DotNet()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();

        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = "busybox", Cmd = ["sh", "-c", "echo out; echo err >&2; exit 6"] });
        using var attached = await client.Containers.AttachContainerAsync(created.ID, false, new ContainerAttachParameters { Stream = true, Stdout = true, Stderr = true });
        Assert.True(await client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters()));
        var (output, error) = await attached.ReadOutputToEndAsync(CancellationToken.None);
        var end = await client.Containers.WaitContainerAsync(created.ID);

        Assert.Equal(("out\n", "err\n", 6), (output, error, end.StatusCode));
        Assert.Contains(await client.Containers.ListContainersAsync(new ContainersListParameters { All = true }), c => c.ID == created.ID && c.State == "exited");
        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters());
        await Assert.ThrowsAsync<DockerContainerNotFoundException>(() => client.Containers.InspectContainerAsync(created.ID));
    }

    [Fact]
    public async Task Exec_through_Docker_DotNet()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = "busybox", Cmd = ["sleep", "1000"] });
        await client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters());

        var exec = await client.Exec.ExecCreateContainerAsync(created.ID, new ContainerExecCreateParameters { Cmd = ["cat"], AttachStdin = true, AttachStdout = true });
        using (var stream = await client.Exec.StartAndAttachContainerExecAsync(exec.ID, false))
        {
            await stream.WriteAsync("typed\n"u8.ToArray(), 0, 6, CancellationToken.None);
            stream.CloseWrite();
            Assert.Equal("typed\n", (await stream.ReadOutputToEndAsync(CancellationToken.None)).stdout);
        }

        Assert.Equal(0, (await client.Exec.InspectContainerExecAsync(exec.ID)).ExitCode);
        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters { Force = true });
    }

    [Fact]
    public async Task Input_reaches_a_container_that_runs_through_Docker_DotNet()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = "busybox", Cmd = ["sh", "-c", "read line; echo Done"], OpenStdin = true });
        await client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters());
        var parameters = new ContainerAttachParameters { Stdin = true, Stdout = true, Stderr = true, Stream = true };
        using (var stream = await client.Containers.AttachContainerAsync(created.ID, false, parameters))
        {
            await stream.WriteAsync("\n"u8.ToArray(), 0, 1, CancellationToken.None);
            Assert.Equal("Done\n", (await stream.ReadOutputToEndAsync(CancellationToken.None)).stdout);
        }

        Assert.Equal(0, (await client.Containers.InspectContainerAsync(created.ID)).State.ExitCode);
        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Followed_logs_end_with_the_container_through_Docker_DotNet(bool tty)
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters
        {
            Image = "busybox", Tty = tty, Cmd = ["sh", "-c", "echo first; trap 'echo last; exit 0' TERM; while :; do sleep 0.1; done"],
        });
        await client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters());
        var parameters = new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Follow = true };
        using var logs = await client.Containers.GetContainerLogsAsync(created.ID, tty, parameters);
        var buffer = new byte[1];
        Assert.Equal(1, (await logs.ReadOutputAsync(buffer, 0, 1, CancellationToken.None)).Count);

        await client.Containers.StopContainerAsync(created.ID, new ContainerStopParameters());

        Assert.Equal(tty ? "irst\r\nlast\r\n" : "irst\nlast\n", (await logs.ReadOutputToEndAsync(CancellationToken.None)).stdout);
        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters());
    }

    [Fact]
    public async Task What_is_not_there_is_told_by_kind_through_Docker_DotNet()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var absent = Guid.NewGuid().ToString("N");

        await Assert.ThrowsAsync<DockerImageNotFoundException>(() => client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = absent }));
        await Assert.ThrowsAsync<DockerImageNotFoundException>(() => client.Images.InspectImageAsync(absent));
        await Assert.ThrowsAsync<DockerContainerNotFoundException>(() => client.Containers.StartContainerAsync(absent, new ContainerStartParameters()));
        await Assert.ThrowsAsync<DockerContainerNotFoundException>(
            () => client.Exec.ResizeContainerExecTtyAsync(absent, new ContainerResizeParameters { Height = 24, Width = 80 }, CancellationToken.None));
        var wrong = new ImagesCreateParameters { FromImage = "1.2.3.Apparently&this$is+not-a_valid%repository//name", Tag = "ancient-one" };
        await Assert.ThrowsAsync<DockerApiException>(() => client.Images.CreateImageAsync(wrong, null, new Progress<JSONMessage>()));
    }

    [Fact]
    public async Task A_name_server_that_is_no_address_fails_the_start_through_Docker_DotNet()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = "busybox", Cmd = ["true"], HostConfig = new HostConfig { DNS = ["bad"] } });

        var failure = await Assert.ThrowsAsync<DockerApiException>(() => client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters()));

        Assert.Equal(System.Net.HttpStatusCode.InternalServerError, failure.StatusCode);
        Assert.Contains("\"bad nameserver address bad: ParseAddr(\\\"bad\\\"): unable to parse IP\"", failure.ResponseBody, StringComparison.Ordinal);
        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters());
    }

    [Fact]
    public async Task A_wait_is_given_up_and_statistics_come_once_through_Docker_DotNet()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = "busybox", Cmd = ["sleep", "1000"] });
        await client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters());
        using (var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Containers.WaitContainerAsync(created.ID, patience.Token));
        }

        var statistics = new Received<ContainerStatsResponse>();
        await client.Containers.GetContainerStatsAsync(created.ID, new ContainerStatsParameters { Stream = false }, statistics, CancellationToken.None);

        Assert.Equal([created.ID], statistics.All.Select(s => s.ID));
        Assert.Contains((await client.Containers.ListProcessesAsync(created.ID, new ContainerListProcessesParameters())).Processes, p => p[^1] == "sleep 1000");
        await client.Containers.KillContainerAsync(created.ID, new ContainerKillParameters());
        Assert.Equal("exited", (await client.Containers.InspectContainerAsync(created.ID)).State.Status);
        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters());
    }

    [Fact]
    public async Task Chosen_events_come_through_Docker_DotNet()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var began = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var tag = new ImageTagParameters { RepositoryName = "dotnet-events", Tag = "one" };
        await client.Images.TagImageAsync("busybox", tag);
        await client.Images.DeleteImageAsync("dotnet-events:one", new ImageDeleteParameters());
        await Assert.ThrowsAsync<DockerImageNotFoundException>(() => client.Images.InspectImageAsync("dotnet-events:one"));
        var filters = new Dictionary<string, IDictionary<string, bool>>
        {
            ["event"] = new Dictionary<string, bool> { ["tag"] = true, ["untag"] = true },
            ["type"] = new Dictionary<string, bool> { ["image"] = true },
        };
        var events = new Received<Message>();
        var parameters = new ContainerEventsParameters
        {
            Filters = filters, Since = $"{began}", Until = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}",
        };

        await client.System.MonitorEventsAsync(parameters, events, CancellationToken.None);

        Assert.Equal(["tag", "untag"], events.All.TakeLast(2).Select(m => m.Status));
        Assert.Equal("dotnet-events:one", events.All[^2].Actor.Attributes["name"]);
    }

    /// <summary>What was reported, in order; unlike <see cref="Progress{T}"/> before the report returns.</summary>
    private sealed class Received<T> : IProgress<T>
    {
        internal List<T> All { get; } = [];

        void IProgress<T>.Report(T value) => All.Add(value);
    }
}
