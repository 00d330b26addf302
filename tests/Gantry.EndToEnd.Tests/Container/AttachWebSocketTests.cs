using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary><c>GET /containers/ID/attach/ws</c> with the runtime's own web socket client.</summary>
[Collection(EngineCollection.Name)]
public sealed class AttachWebSocketTests(EngineProcess engine)
{
    [Fact]
    public async Task Input_and_output_are_joined_without_frames()
    {
        (await engine.GantryAsync("run", "-di", "--name", "joined", "busybox", "sh", "-c", "while read l; do echo got $l; echo err $l >&2; [ $l != end ] || exit 3; done")).Succeeded();
        using var socket = await ConnectAsync("joined", "stream=1&stdin=1&stdout=1&stderr=1");

        await SendAsync(socket, "a", WebSocketMessageType.Text, end: false);
        await SendAsync(socket, "b\n", WebSocketMessageType.Text);
        await SendAsync(socket, "end\n", WebSocketMessageType.Binary);

        var (text, status) = await ReadAsync(socket);
        Assert.Equal(["err ab", "err end", "got ab", "got end"], text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, status);
        Assert.Equal("3", (await engine.GantryAsync("wait", "joined")).Succeeded().Text);
        (await engine.GantryAsync("rm", "joined")).Succeeded();
    }

    [Fact]
    public async Task Much_goes_both_ways_whole()
    {
        // Attached before the start, so that nothing is left out however slow this test is.
        (await engine.GantryAsync("create", "-i", "--name", "much", "busybox", "sh", "-c", "head -c 3000000 | md5sum; seq 1 200000")).Succeeded();
        using var socket = await ConnectAsync("much", "stream=1&stdin=1&stdout=1&stderr=1");
        (await engine.GantryAsync("start", "much")).Succeeded();
        var data = new byte[3_000_000];
        new Random(1).NextBytes(data);

        // One message of many frames, and one that is a single frame of a megabyte.
        for (var at = 0; at < 2_000_000; at += 100_000)
        {
            await socket.SendAsync(data.AsMemory(at, 100_000), WebSocketMessageType.Binary, endOfMessage: at == 1_900_000, CancellationToken.None);
        }

        await socket.SendAsync(data.AsMemory(2_000_000), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

        var (text, _) = await ReadAsync(socket);
#pragma warning disable CA5351 // busybox has md5sum; nothing is protected by it.
        Assert.StartsWith(Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(data)), text, StringComparison.Ordinal);
#pragma warning restore CA5351
        Assert.EndsWith("\n200000\n", text, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "-f", "much")).Succeeded();
    }

    [Fact]
    public async Task Logs_alone_are_replayed_and_the_socket_closes()
    {
        (await engine.GantryAsync("run", "--name", "replayed", "busybox", "sh", "-c", "echo one; echo two >&2")).Succeeded();

        using var socket = await ConnectAsync("replayed", "logs=1&stdout=1&stderr=1");

        var (text, status) = await ReadAsync(socket);
        Assert.Equal(["one", "two"], text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, status);
        (await engine.GantryAsync("rm", "replayed")).Succeeded();
    }

    [Fact]
    public async Task A_terminal_is_raw_and_its_detach_keys_end_the_session_only()
    {
        (await engine.GantryAsync("run", "-dit", "--name", "raw", "busybox", "cat")).Succeeded();
        using var socket = await ConnectAsync("raw", "stream=1&stdin=1&stdout=1&detachKeys=ctrl-x");

        await SendAsync(socket, "hi\n", WebSocketMessageType.Binary);
        await Task.Delay(300);
        await SendAsync(socket, "\u0018", WebSocketMessageType.Binary);

        Assert.Equal("hi\r\nhi\r\n", (await ReadAsync(socket)).Text);
        Assert.Equal("running", (await engine.GantryAsync("inspect", "-f", "{{.State.Status}}", "raw")).Succeeded().Text);
        (await engine.GantryAsync("rm", "-f", "raw")).Succeeded();
    }

    [Fact]
    public async Task A_close_is_answered_after_what_was_sent_and_leaves_the_process_alone()
    {
        (await engine.GantryAsync("run", "-di", "--name", "left", "busybox", "cat")).Succeeded();
        using (var socket = await ConnectAsync("left", "stream=1&stdin=1&stdout=1"))
        {
            await SendAsync(socket, "last words\n", WebSocketMessageType.Binary);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(WebSocketState.Closed, socket.State);
        }

        using (var second = await ConnectAsync("left", "stream=1&stdin=1&stdout=1"))
        {
            await SendAsync(second, "more\n", WebSocketMessageType.Binary);
            await Task.Delay(200);
            second.Abort();
        }

        Assert.Equal("last words\nmore\n", (await engine.GantryAsync("logs", "left")).Succeeded().Output);
        Assert.Equal("running", (await engine.GantryAsync("inspect", "-f", "{{.State.Status}}", "left")).Succeeded().Text);
        (await engine.GantryAsync("rm", "-f", "left")).Succeeded();
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_nobody_up()
    {
        (await engine.GantryAsync("run", "-di", "--name", "flood", "busybox", "sh", "-c", "read x; seq 1 300000; echo done")).Succeeded();
        using var deaf = await ConnectAsync("flood", "stream=1&stdin=1&stdout=1");

        await SendAsync(deaf, "go\n", WebSocketMessageType.Binary);

        Assert.Equal("0", (await engine.GantryAsync("wait", "flood")).Succeeded().Text);
        deaf.Abort();
        Assert.Equal("done", (await engine.GantryAsync("logs", "--tail", "1", "flood")).Succeeded().Text);
        (await engine.GantryAsync("rm", "flood")).Succeeded();
    }

    [Theory]
    [InlineData("Upgrade: nothing\r\nConnection: Upgrade\r\n", "400", "not websocket protocol")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", "400", "mismatch challenge/response")]
    [InlineData("Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 8\r\n", "400", "missing or bad WebSocket Version")]
    public async Task A_bad_handshake_is_refused(string headers, string status, string reason)
    {
        (await engine.GantryAsync("create", "--name", "refused", "busybox")).Succeeded();
        Assert.StartsWith($"HTTP/1.1 {status} ", await RequestAsync("refused", headers, reason), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404 ", await RequestAsync("nobody", headers, "No such container: nobody"), StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "refused")).Succeeded();
    }

    /// <summary>The answer up to and with what is expected in it.</summary>
    private async Task<string> RequestAsync(string name, string headers, string expected)
    {
        using var stream = new NetworkStream(await OpenAsync(), ownsSocket: true);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1.51/containers/{name}/attach/ws?stream=1 HTTP/1.1\r\nHost: d\r\n{headers}\r\n"), limit.Token);
        var answer = string.Empty;
        var buffer = new byte[4096];
        while (!answer.Contains(expected, StringComparison.Ordinal) && await stream.ReadAsync(buffer, limit.Token) is > 0 and var n)
        {
            answer += Encoding.ASCII.GetString(buffer, 0, n);
        }

        Assert.Contains(expected, answer, StringComparison.Ordinal);
        return answer;
    }

    private async Task<Socket> OpenAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(engine.Host["unix://".Length..]));
        return socket;
    }

    private async Task<ClientWebSocket> ConnectAsync(string name, string query)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = async (_, _) => new NetworkStream(await OpenAsync(), ownsSocket: true) };
        var client = new ClientWebSocket();
        client.Options.HttpVersion = HttpVersion.Version11;

        // The socket lives on when its invoker has gone.
        var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        await client.ConnectAsync(new Uri($"ws://docker/v1.51/containers/{name}/attach/ws?{query}"), invoker, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        return client;
    }

    private static Task SendAsync(ClientWebSocket socket, string text, WebSocketMessageType type, bool end = true) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), type, end, CancellationToken.None);

    private static async Task<(string Text, WebSocketCloseStatus? Status)> ReadAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, limit.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return (Encoding.UTF8.GetString(all.ToArray()), socket.CloseStatus);
            }

            Assert.Equal(WebSocketMessageType.Binary, received.MessageType);
            all.Write(buffer, 0, received.Count);
        }
    }
}
