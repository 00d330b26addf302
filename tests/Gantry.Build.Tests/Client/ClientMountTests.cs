using Gantry.Build.Tests.Support;
using Gantry.Errors;

namespace Gantry.Build.Tests.Client;

/// <summary>Secrets and agents that the client has.</summary>
public sealed class ClientMountTests
{
    [Fact]
    public async Task A_secret_is_a_file_or_a_variable()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile(
            "FROM busybox AS b\nRUN --mount=type=secret,id=tok,target=/tok cat /tok > /file\nRUN --mount=type=secret,id=tok,env=TOK echo $TOK > /variable\n"
            + "FROM scratch\nCOPY --from=b /file /variable /\n");
        client.Secrets["tok"] = "hidden";

        using var build = await ClientFilesTests.RunAsync(harness, client);
        await build.SendFolderAsync(client, 0, CancellationToken.None);

        Assert.Equal(("hidden", "hidden\n"), (client.Exported["file"], client.Exported["variable"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(harness.SecretsFolder));
    }

    [Fact]
    public async Task A_required_secret_that_is_missing_fails_the_step()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nRUN --mount=type=secret,id=tok,required=true true\n");

        var failure = await Assert.ThrowsAsync<GantryException>(() => ClientFilesTests.RunAsync(harness, client));

        Assert.Equal("secret tok: not found", failure.Message);
    }

    [Fact]
    public async Task A_required_agent_that_is_missing_fails_the_step_in_the_clients_words()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nRUN --mount=type=ssh,id=other,required=true true\n");

        var failure = await Assert.ThrowsAsync<GantryException>(() => ClientFilesTests.RunAsync(harness, client));

        Assert.Equal("unset ssh forward key other", failure.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(harness.SecretsFolder));
    }

    [Fact]
    public async Task An_agent_answers_on_a_socket_while_it_is_open()
    {
        var folder = Directory.CreateTempSubdirectory("agent-").FullName;
        var path = Path.Combine(folder, "s");
        using (await Steps.AgentSocket.OpenAsync(new FakeClient(), "default", path, 0x180, 0, 0, CancellationToken.None))
        {
            using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, default);
            await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            await socket.SendAsync("sign this"u8.ToArray());
            using var reader = new StreamReader(new System.Net.Sockets.NetworkStream(socket));
            socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);

            Assert.Equal("SIGN THIS", await reader.ReadToEndAsync());
        }

        using var late = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, default);
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => late.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(path)));
        Directory.Delete(folder, recursive: true);
    }
}
