using System.Globalization;
using System.Net.Sockets;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>What clients leave behind that go without a word, told by the number of requests in <c>info</c>.</summary>
[Collection(EngineCollection.Name)]
public sealed class VanishedClientTests(EngineProcess engine)
{
    [Theory]
    [InlineData("stream=1&stdout=1")]
    [InlineData("stream=1&stdin=1&stdout=1&stderr=1")]
    public async Task An_attachment_to_a_silent_container_ends_with_its_client(string query)
    {
        (await engine.GantryAsync("create", "-i", "--name", "silent", "busybox", "sleep", "1000")).Succeeded();
        var before = await RequestsAsync();

        using (var socket = await AttachAsync(query))
        {
            Assert.Equal(before + 1, await RequestsAsync());

            // Nothing more to say, and still listening.
            socket.Shutdown(SocketShutdown.Send);
            await Task.Delay(300);
            Assert.Equal(before + 1, await RequestsAsync());
        }

        await UntilAsync(before);
        (await engine.GantryAsync("rm", "-f", "silent")).Succeeded();
    }

    [Fact]
    public async Task A_run_that_fails_to_start_leaves_no_attachment()
    {
        (await engine.GantryAsync("run", "-d", "--name", "holds", "-p", "18123:80", "busybox", "sleep", "1000")).Succeeded();
        var before = await RequestsAsync();

        (await engine.GantryAsync("run", "--name", "fails", "-p", "18123:80", "busybox", "true")).Failed("port is already allocated");

        await UntilAsync(before);
        (await engine.GantryAsync("rm", "-f", "holds", "fails")).Succeeded();
    }

    private async Task<Socket> AttachAsync(string query)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(engine.Host["unix://".Length..]));
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(
            $"POST /containers/silent/attach?{query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"));
        var head = new byte[1024];
        Assert.StartsWith("HTTP/1.1 101", System.Text.Encoding.ASCII.GetString(head, 0, await socket.ReceiveAsync(head)), StringComparison.Ordinal);
        return socket;
    }

    private async Task<int> RequestsAsync() =>
        int.Parse((await engine.GantryAsync("info", "--format", "{{.NGoroutines}}")).Succeeded().Text, CultureInfo.InvariantCulture);

    private async Task UntilAsync(int requests)
    {
        for (var attempt = 0; attempt < 50 && await RequestsAsync() != requests; attempt++)
        {
            await Task.Delay(100);
        }

        Assert.Equal(requests, await RequestsAsync());
    }
}
