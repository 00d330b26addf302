using Docker.DotNet;
using Docker.DotNet.Models;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Clients;

/// <summary>What a terminal writes reaches an attached client byte for byte, from the first one on.</summary>
[Collection(EngineCollection.Name)]
public sealed class TerminalStreamTests(EngineProcess engine)
{
    [Fact]
    public async Task Output_of_a_terminal_attached_before_the_start_is_whole()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = "busybox", Tty = true, Cmd = ["echo", "hello"] });
        using var attached = await client.Containers.AttachContainerAsync(created.ID, true, new ContainerAttachParameters { Stream = true, Stdout = true, Stderr = true });

        await client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters());

        Assert.Equal("hello\r\n", await AllAsync(attached));
        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters { Force = true });
    }

    [Fact]
    public async Task Output_of_an_exec_with_a_terminal_is_whole_and_a_container_without_one_takes_any_size()
    {
        using var configuration = new DockerClientConfiguration(new Uri(engine.Host));
        using var client = configuration.CreateClient();
        var created = await client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = "busybox", Cmd = ["sleep", "1000"] });
        await client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters());
        await client.Containers.ResizeContainerTtyAsync(created.ID, new ContainerResizeParameters { Height = 40, Width = 40 });
        var exec = await client.Exec.ExecCreateContainerAsync(created.ID, new ContainerExecCreateParameters { Cmd = ["echo", "hi"], Tty = true, AttachStdout = true, AttachStderr = true });

        using (var stream = await client.Exec.StartAndAttachContainerExecAsync(exec.ID, true))
        {
            Assert.Equal("hi\r\n", await AllAsync(stream));
        }

        await client.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters { Force = true });
    }

    private static async Task<string> AllAsync(MultiplexedStream stream)
    {
        var (output, _) = await stream.ReadOutputToEndAsync(CancellationToken.None);
        return output;
    }
}
