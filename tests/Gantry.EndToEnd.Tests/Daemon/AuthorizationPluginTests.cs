using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary><c>--authorization-plugin</c>.</summary>
public sealed class AuthorizationPluginTests : IAsyncLifetime
{
    private readonly AuthorizationPluginServer _plugin = AuthorizationPluginServer.Start();
    private readonly ScratchDaemon _daemon = new();

    public async Task InitializeAsync()
    {
        await _daemon.StartAsync("-H", _daemon.Socket, "--authorization-plugin", _plugin.Name, "--authorization-plugin", _plugin.Name);
        (await GantryAsync("import", Repository.BusyboxTar, "b:1")).Succeeded();
    }

    public async Task DisposeAsync()
    {
        _plugin.Decide = (_, _) => null;
        await _daemon.DisposeAsync();
        await _plugin.StopAsync();
    }

    [Fact]
    public async Task It_hears_of_every_request_and_its_response_once()
    {
        Assert.Equal($"[{_plugin.Name}]", (await GantryAsync("info", "-f", "{{.Plugins.Authorization}}")).Succeeded().Text);
        (await GantryAsync("create", "--name", "heard", "b:1", "echo", "hello")).Succeeded();

        var request = Assert.Single(_plugin.Heard(response: false, "/containers/create"));
        Assert.Equal("POST", request["RequestMethod"]!.GetValue<string>());
        Assert.EndsWith("/containers/create?name=heard", request["RequestUri"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("application/json", request["RequestHeaders"]!["Content-Type"]!.GetValue<string>());
        Assert.Contains("\"hello\"", AuthorizationPluginServer.Text(request["RequestBody"]), StringComparison.Ordinal);
        var response = Assert.Single(_plugin.Heard(response: true, "/containers/create"));
        Assert.Equal(201, response["ResponseStatusCode"]!.GetValue<int>());
        Assert.Contains("\"Id\"", AuthorizationPluginServer.Text(response["ResponseBody"]), StringComparison.Ordinal);
        Assert.Contains("\"hello\"", AuthorizationPluginServer.Text(response["RequestBody"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_denies_is_not_done()
    {
        _plugin.Decide = (response, question) => !response && question["RequestUri"]!.GetValue<string>().Contains("/volumes", StringComparison.Ordinal) ? "not you" : null;

        (await GantryAsync("volume", "create", "denied")).Failed($"authorization denied by plugin {_plugin.Name}: not you");
        Assert.Equal(
            "403", (await _daemon.RunAsync("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", $"{_daemon.Folder}/s", "http://x/volumes")).Output);

        _plugin.Decide = (_, _) => null;
        Assert.Empty((await GantryAsync("volume", "ls", "-q")).Succeeded().Text);
    }

    [Fact]
    public async Task A_response_that_it_denies_is_not_seen()
    {
        (await GantryAsync("volume", "create", "secret-name")).Succeeded();
        _plugin.Decide = (response, question) => response && question["RequestUri"]!.GetValue<string>().Contains("/volumes", StringComparison.Ordinal) ? "none of your business" : null;

        var denied = await _daemon.RunAsync("curl", "-si", "--unix-socket", $"{_daemon.Folder}/s", "http://x/volumes");

        Assert.StartsWith("HTTP/1.1 403 ", denied.Output, StringComparison.Ordinal);
        Assert.Contains($"authorization denied by plugin {_plugin.Name}: none of your business", denied.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-name", denied.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AuthZPlugin.AuthZReq")]
    [InlineData("AuthZPlugin.AuthZRes")]
    public async Task Where_it_fails_so_does_the_request(string method)
    {
        _plugin.Failure = (method, "out of order");

        (await GantryAsync("ps")).Failed($"plugin {_plugin.Name} failed with error: out of order");

        _plugin.Failure = null;
    }

    [Fact]
    public async Task Failures_are_told_and_it_hears_of_them()
    {
        (await GantryAsync("volume", "rm", "nowhere")).Failed("get nowhere: no such volume");

        Assert.Single(_plugin.Heard(response: true, "/volumes/nowhere"));
    }

    [Fact]
    public async Task Streams_and_large_bodies_pass_through()
    {
        Assert.Equal("through", (await Command.RunAsync(Repository.Binary("gantry"), ["-H", _daemon.Socket, "run", "--rm", "-i", "b:1", "cat"], "through")).Succeeded().Text);
        Assert.Equal(3_000_000, (await GantryAsync("run", "--rm", "b:1", "sh", "-c", "yes | head -c 3000000")).Succeeded().Output.Length);
        (await GantryAsync("run", "-d", "--name", "big", "b:1", "sh", "-c", "yes | head -c 3000000; exec sleep 1000")).Succeeded();
        var large = $"{_daemon.Folder}/large";
        await File.WriteAllBytesAsync(large, new byte[10 * 1024 * 1024]);

        (await GantryAsync("cp", large, "big:/large")).Succeeded();
        Assert.Equal($"{10 * 1024 * 1024}", (await GantryAsync("exec", "big", "stat", "-c", "%s", "/large")).Succeeded().Text);
        (await GantryAsync("cp", "big:/large", $"{large}2")).Succeeded();
        Assert.Equal(10 * 1024 * 1024, new FileInfo($"{large}2").Length);
        Assert.Contains("y\ny\n", (await GantryAsync("logs", "big")).Succeeded().Output, StringComparison.Ordinal);

        // A stream is seen while it goes on.
        var events = await _daemon.RunAsync("timeout", "3", Repository.Binary("gantry"), "-H", _daemon.Socket, "events", "--since", "1");
        Assert.Equal(124, events.ExitCode);
        Assert.Contains("container start", events.Output, StringComparison.Ordinal);
        (await GantryAsync("rm", "-f", "big")).Succeeded();
    }

    [Fact]
    public async Task Credentials_are_not_for_it()
    {
        var config = $"{_daemon.Folder}/config";
        Directory.CreateDirectory(config);
        File.WriteAllText($"{config}/config.json", """{"auths":{"127.0.0.1:1":{"auth":"YW5uOnNlY3JldA=="}}}""");

        Assert.NotEqual(0, (await GantryAsync("pull", "127.0.0.1:1/a")).ExitCode);
        Assert.NotEqual(0, (await GantryAsync("login", "-u", "ann", "-p", "secret", "127.0.0.1:1")).ExitCode);

        Assert.NotEmpty(_plugin.Heard(response: false, "/images/create"));
        Assert.NotEmpty(_plugin.Heard(response: false, "/auth"));
        Assert.All(_plugin.Asked, a => Assert.DoesNotContain("X-Registry-Auth", a, StringComparison.OrdinalIgnoreCase));
        Assert.All(_plugin.Heard(response: false, "/auth"), q => Assert.Null(q["RequestBody"]));
    }

    private Task<Result> GantryAsync(params string[] arguments) => _daemon.GantryAsync(["-H", _daemon.Socket, .. arguments]);
}
