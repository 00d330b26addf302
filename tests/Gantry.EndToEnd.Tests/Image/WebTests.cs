using System.Text;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Image;

/// <summary>What the engine fetches from the web that is no image: imports, ADD, search.</summary>
[Collection(EngineCollection.Name)]
public sealed class WebTests(EngineProcess engine)
{
    private const string Found = """{"results":[{"name":"box","description":"A box\nof things that are described with more words than fit","star_count":7,"is_official":true},"""
        + """{"name":"team/box","description":"","star_count":2,"is_automated":true}]}""";

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Import_from_a_URL(string client)
    {
        await using var server = WebServer.Start(path => path == "/base.tar" ? File.ReadAllBytes(Repository.BusyboxTar) : path == "/html" ? "<html>"u8.ToArray() : null);
        var url = $"http://{server.Address}/base.tar";

        var import = (await engine.RunAsync(client, "import", "--change", "CMD [\"echo\", \"imported\"]", url, "from-web")).Succeeded();
        Assert.StartsWith($"Downloading from {url}\n", import.Output, StringComparison.Ordinal);
        Assert.Matches("sha256:[0-9a-f]{64}\n$", import.Output);
        Assert.Equal($"Imported from {url}", (await engine.RunAsync(client, "image", "inspect", "-f", "{{.Comment}}", "from-web")).Succeeded().Text);
        Assert.Equal("imported", (await engine.RunAsync(client, "run", "--rm", "-e", "PATH=/bin", "from-web")).Succeeded().Text);
        (await engine.RunAsync(client, "rmi", "from-web")).Succeeded();

        (await engine.RunAsync(client, "import", $"http://{server.Address}/none")).Failed($"failed to GET http://{server.Address}/none with status 404 Not Found: nope");
        (await engine.RunAsync(client, "import", "http://127.0.0.1:1/x")).Failed("Get \"http://127.0.0.1:1/x\": dial tcp 127.0.0.1:1: connect: connection refused");
        (await engine.RunAsync(client, "import", $"https://{server.Address}/base.tar")).Failed($"Get \"https://{server.Address}/base.tar\": ");
        (await engine.RunAsync(client, "import", $"http://{server.Address}/html")).Failed("unexpected EOF");
        (await engine.RunAsync(client, "import", "--change", "RUN x", url)).Failed("RUN is not a valid change command");
    }

    [Fact]
    public async Task Import_shows_its_progress()
    {
        var size = new FileInfo(Repository.BusyboxTar).Length;
        await using var server = WebServer.Start(_ => File.ReadAllBytes(Repository.BusyboxTar));

        var messages = (await Command.RunAsync("curl", ["-s", "--unix-socket", engine.Host["unix://".Length..], "-X", "POST",
            $"http://x/v1.51/images/create?fromSrc=http://{server.Address}/x&repo=progress"])).Succeeded().Text.Split('\n');

        Assert.Equal($$"""{"status":"Downloading from http://{{server.Address}}/x"}""", messages[0].TrimEnd('\r'));
        Assert.Contains("\"status\":\"Importing\",\"progressDetail\":{\"current\":", messages[1], StringComparison.Ordinal);
        Assert.Contains($"\"progressDetail\":{{\"current\":{size},\"total\":{size}}}", messages[^2], StringComparison.Ordinal);
        Assert.StartsWith("{\"status\":\"sha256:", messages[^1], StringComparison.Ordinal);
        (await engine.GantryAsync("rmi", "progress")).Succeeded();
    }

    [Fact]
    public async Task A_url_of_a_Dockerfile_is_built_whatever_the_request_calls_the_file()
    {
        await using var server = WebServer.Start(_ => "FROM busybox\nLABEL from=web\n"u8.ToArray());

        var messages = (await Command.RunAsync("curl", ["-s", "--unix-socket", engine.Host["unix://".Length..], "-X", "POST",
            $"http://x/v1.51/build?dockerfile=other&t=lone&remote=http://{server.Address}/x"])).Succeeded().Output;

        Assert.Contains("Successfully tagged lone:latest", messages, StringComparison.Ordinal);
        Assert.Equal("web", (await engine.GantryAsync("image", "inspect", "-f", "{{.Config.Labels.from}}", "lone")).Succeeded().Text);
        (await engine.GantryAsync("rmi", "lone")).Succeeded();
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/x", "ADD failed: Get \"http://127.0.0.1:1/x\": dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("http://HOST/none", "ADD failed: failed to GET http://HOST/none with status 404 Not Found: nope")]
    public async Task ADD_says_why_it_got_nothing(string url, string expected)
    {
        await using var server = WebServer.Start(_ => null);
        var folder = Directory.CreateDirectory(Path.Combine(engine.Folder, Path.GetRandomFileName())).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "Dockerfile"), $"FROM busybox\nADD {url.Replace("HOST", server.Address, StringComparison.Ordinal)} /x\n");

        (await engine.GantryAsync("build", folder)).Failed(expected.Replace("HOST", server.Address, StringComparison.Ordinal));
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Search_shows_what_a_registry_found(string client)
    {
        await using var server = WebServer.Start(path => path.StartsWith("/v1/search?q=box&n=", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(Found) : null);
        var term = $"{server.Address}/box";

        Assert.Equal(
            "NAME       DESCRIPTION                                     STARS     OFFICIAL\n"
            + "box        A box of things that are described with more…   7         [OK]\n"
            + "team/box                                                   2         \n",
            (await engine.RunAsync(client, "search", term)).Succeeded().Output);
        Assert.Equal("box:A box of things that are described with more words than fit", (await engine.RunAsync(
            client, "search", "--no-trunc", "--filter", "stars=3", "--format", "{{.Name}}:{{.Description}}", term)).Succeeded().Text);
        Assert.Equal("team/box", (await engine.RunAsync(client, "search", "--filter", "is-official=false", "--format", "{{.Name}}", term)).Succeeded().Text);
        Assert.Equal("", (await engine.RunAsync(client, "search", "--filter", "is-automated=true", "--format", "{{.Name}}", term)).Succeeded().Text);
        (await engine.RunAsync(client, "search", "--limit", "101", term)).Failed("limit 101 is outside the range of [1, 100]");
        (await engine.RunAsync(client, "search", "--filter", "stars=x", term)).Failed("invalid filter 'stars=x'");
        (await engine.RunAsync(client, "search", $"{server.Address}/other")).Failed("Unexpected status code 404");
    }
}
