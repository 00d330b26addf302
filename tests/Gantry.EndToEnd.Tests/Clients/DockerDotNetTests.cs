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
}
