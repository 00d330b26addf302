using System.Formats.Tar;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Build;

/// <summary>What the engine makes of BuildKit's protocol on the wire, also of clients that don't mean well.</summary>
[Collection(EngineCollection.Name)]
public sealed class BuildKitProtocolTests(EngineProcess engine)
{
    private const string ListWorkers = "/moby.buildkit.v1.Control/ListWorkers";

    private string Socket => engine.Host["unix://".Length..];

    [Fact]
    public async Task Clients_are_told_to_use_BuildKit()
    {
        using var http = Http();
        using var response = await http.GetAsync(new Uri("http://engine/_ping"));

        Assert.Equal("2", response.Headers.GetValues("Builder-Version").Single());
    }

    [Fact]
    public async Task A_worker_of_this_platform_is_listed()
    {
        using var client = await UpgradedClient.OpenAsync(Socket);

        var (body, status, _) = await client.CallAsync(ListWorkers);

        Assert.Equal("0", status);
        Assert.Contains("linux", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_make_no_sense_get_a_status_and_the_connection_goes_on()
    {
        using var client = await UpgradedClient.OpenAsync(Socket);

        Assert.Equal(("12", "unknown service x.Y"), Outcome(await client.CallAsync("/x.Y/Z")));
        Assert.Equal(("12", "unknown method Nothing for service moby.buildkit.v1.Control"), Outcome(await client.CallAsync("/moby.buildkit.v1.Control/Nothing")));
        Assert.Equal(("2", "malformed protocol buffers message"), Outcome(await client.CallAsync("/moby.buildkit.v1.Control/Solve", [0, 0, 0, 0, 1, 0x0a])));
        Assert.Equal("8", (await client.CallAsync(ListWorkers, [0, 0xff, 0xff, 0xff, 0xff])).Status);
        Assert.Equal("2", (await client.CallAsync(ListWorkers, [0, 0, 0, 0, 9, 1])).Status);
        Assert.Equal("2", (await client.CallAsync(ListWorkers, [1, 0, 0, 0, 1, 1])).Status);
        Assert.Equal("UnsupportedMediaType", (await client.CallAsync(ListWorkers, type: "application/json")).Status);
        Assert.Equal("2", (await client.CallAsync("/moby.buildkit.v1.frontend.LLBBridge/Ping")).Status);
        Assert.Equal("0", (await client.CallAsync(ListWorkers)).Status);
    }

    [Theory]
    [InlineData("12020A00", "LLB definitions are not solved here: only Dockerfiles are built")]
    [InlineData("62020801", "source policies are not available")]
    [InlineData("420C220A0A087265676973747279", "unknown cache exporter: \"registry\"")]
    [InlineData("6A170A05696D616765120E0A047075736812047472756500", "malformed protocol buffers message")]
    [InlineData("6A150A05696D616765120C0A0470757368120474727565", "a build doesn't push here: push its image through the Engine API")]
    public async Task What_would_be_left_out_is_refused(string fields, string expected)
    {
        using var client = await UpgradedClient.OpenAsync(Socket);
        byte[] message = [0x0a, 1, (byte)'r', .. Convert.FromHexString(fields)];

        Assert.Equal(("2", expected), Outcome(await client.CallAsync("/moby.buildkit.v1.Control/Solve", [0, 0, 0, 0, (byte)message.Length, .. message])));
    }

    [Theory]
    [InlineData("/grpc")]
    [InlineData("/session")]
    public async Task What_is_not_HTTP2_ends_the_connection_and_nothing_else(string path)
    {
        var (head, connection) = await UpgradedClient.UpgradeAsync(Socket, path, "Connection: Upgrade", "Upgrade: h2c", $"X-Docker-Expose-Session-Uuid: {Guid.NewGuid()}");
        await using (connection)
        {
            Assert.StartsWith("HTTP/1.1 101", head, StringComparison.Ordinal);
            await connection.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n" + new string('x', 5000)));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                while (await connection.ReadAsync(new byte[1024], limit.Token) > 0)
                {
                    limit.Token.ThrowIfCancellationRequested();
                }
            }
            catch (IOException)
            {
                // Reset: it is over too.
            }
        }

        (await engine.GantryAsync("version")).Succeeded();
    }

    [Theory]
    [InlineData("/grpc", "", "500", "no upgrade proto in request")]
    [InlineData("/session", "", "400", "no upgrade proto in request")]
    [InlineData("/session", "Upgrade: websocket", "400", "protocol websocket not supported")]
    public async Task Only_h2c_is_upgraded_to(string path, string header, string status, string expected)
    {
        var (head, connection) = await UpgradedClient.UpgradeAsync(Socket, path, header.Length == 0 ? "X-A: b" : header, "Content-Length: 0", "Connection: close");
        await using (connection)
        {
            Assert.StartsWith($"HTTP/1.1 {status}", head, StringComparison.Ordinal);
            using var reader = new StreamReader(connection);
            Assert.Contains(expected, await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_build_of_version_2_tells_what_BuildKit_tells()
    {
        var messages = await BuildAsync("FROM busybox\nRUN echo made > /f\nCMD [\"cat\", \"/f\"]\n", "t=version2");

        Assert.Contains(messages, m => m.TryGetProperty("id", out var id) && id.GetString() == "moby.buildkit.trace"
            && Encoding.UTF8.GetString(m.GetProperty("aux").GetBytesFromBase64()).Contains("[2/2] RUN echo made > /f", StringComparison.Ordinal));
        var image = messages.Single(m => m.TryGetProperty("id", out var id) && id.GetString() == "moby.image.id").GetProperty("aux").GetProperty("ID").GetString();
        Assert.Equal(image, (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", "version2")).Succeeded().Text);
        Assert.Equal("made", (await engine.GantryAsync("run", "--rm", "version2")).Succeeded().Text);
        Assert.Contains("# buildkit", (await engine.GantryAsync("history", "--no-trunc", "version2")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("rmi", "version2")).Succeeded();
    }

    [Fact]
    public async Task A_failed_build_of_version_2_says_why()
    {
        var messages = await BuildAsync("FROM busybox\nRUN exit 3\n");

        Assert.Equal(
            "process \"/bin/sh -c exit 3\" did not complete successfully: exit code: 3",
            messages.Single(m => m.TryGetProperty("error", out _)).GetProperty("error").GetString());
    }

    private static (string, string) Outcome((byte[] Body, string Status, string Message) call) => (call.Status, call.Message);

    private HttpClient Http() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), token);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    private async Task<List<JsonElement>> BuildAsync(string dockerfile, string query = "")
    {
        var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "Dockerfile") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(dockerfile)) });
        }

        tar.Position = 0;
        using var http = Http();
        using var response = await http.PostAsync(new Uri($"http://engine/build?version=2&{query}"), new StreamContent(tar));
        var text = await response.Content.ReadAsStringAsync();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(l => JsonElement.Parse(l))];
    }
}
