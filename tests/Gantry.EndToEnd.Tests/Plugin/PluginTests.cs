using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Plugin;

/// <summary>Plugins that the engine runs: their life, what can be set, and what is refused.</summary>
[Collection(EngineCollection.Name)]
public sealed class PluginTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task It_is_made_enabled_disabled_and_removed(string client)
    {
        await using var plugin = TestPlugin.Make(engine, "lives");
        Assert.Equal("lives\n", (await engine.RunAsync(client, "plugin", "create", "lives", plugin.Folder)).Succeeded().Output);
        (await engine.RunAsync(client, "plugin", "create", "lives", plugin.Folder)).Failed("Error response from daemon: plugin lives:latest already exists");
        Assert.Equal("lives:latest false", await ListAsync(client));

        Assert.Equal("lives\n", (await engine.RunAsync(client, "plugin", "enable", "lives")).Succeeded().Output);
        Assert.Equal("lives:latest true", await ListAsync(client));
        Assert.Single(TestPlugin.Processes());
        (await engine.RunAsync(client, "plugin", "enable", "lives")).Failed("plugin already enabled: plugin lives:latest is enabled");
        (await engine.RunAsync(client, "plugin", "set", "lives", "DEBUG=1")).Failed("cannot set on an active plugin, disable plugin before setting");
        (await engine.RunAsync(client, "plugin", "rm", "lives")).Failed("plugin lives:latest is enabled");

        (await engine.RunAsync(client, "plugin", "disable", "lives")).Succeeded();
        Assert.Empty(TestPlugin.Processes());
        (await engine.RunAsync(client, "plugin", "disable", "lives")).Failed("plugin is already disabled: plugin lives:latest found but disabled");
        Assert.Equal("lives\n", (await engine.RunAsync(client, "plugin", "rm", "lives")).Succeeded().Output);
        Assert.Empty(await ListAsync(client));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(engine.DataRoot, "plugins")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(engine.ExecRoot, "plugins")));
    }

    [Fact]
    public async Task Nothing_of_a_plugin_stays_in_the_stores()
    {
        var layers = Path.Combine(engine.DataRoot, "snapshots", "layers");
        var blobs = Path.Combine(engine.DataRoot, "content", "blobs", "sha256");
        (await engine.GantryAsync("image", "prune", "-af")).Succeeded();
        await engine.HaveBusyboxAsync();
        var before = (Directory.EnumerateDirectories(layers).Count(), Directory.EnumerateFiles(blobs).Count());
        await using (var plugin = await TestPlugin.CreateAsync(engine, "stays"))
        {
            // Nobody else's collection takes it away.
            (await engine.GantryAsync("image", "prune", "-af")).Succeeded();
            (await engine.GantryAsync("plugin", "enable", "stays")).Succeeded();
            (await engine.GantryAsync("plugin", "rm", "-f", "stays")).Succeeded();
        }

        await engine.HaveBusyboxAsync();
        Assert.Equal(before, (Directory.EnumerateDirectories(layers).Count(), Directory.EnumerateFiles(blobs).Count()));
    }

    [Fact]
    public async Task It_is_found_by_name_id_and_the_beginning_of_its_id()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "vendor/found:v1");
        var id = (await engine.GantryAsync("plugin", "inspect", "-f", "{{.Id}}", "vendor/found:v1")).Succeeded().Text;

        Assert.Equal(64, id.Length);
        Assert.Equal("vendor/found:v1", (await engine.GantryAsync("plugin", "inspect", "-f", "{{.Name}}", id)).Succeeded().Text);
        Assert.Equal("vendor/found:v1", (await engine.GantryAsync("plugin", "inspect", "-f", "{{.Name}}", id[..12])).Succeeded().Text);
        (await engine.GantryAsync("plugin", "inspect", "vendor/found")).Failed("plugin \"vendor/found\" not found");
    }

    [Fact]
    public async Task Inspect_has_Dockers_nulls()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "bare", configuration => configuration.Clear());
        var inspected = JsonNode.Parse((await engine.GantryAsync("plugin", "inspect", "bare")).Succeeded().Output)![0]!.AsObject();
        var config = inspected["Config"]!.AsObject();
        config.Remove("rootfs");
        config.Remove("DockerVersion");

        Assert.Equal(
            """{"Args":{"Description":"","Name":"","Settable":null,"Value":null},"Description":"","Documentation":"","Entrypoint":null,"Env":null,"Interface":{"Socket":"","Types":null},"IpcHost":false,"Linux":{"AllowAllDevices":false,"Capabilities":null,"Devices":null},"Mounts":null,"Network":{"Type":""},"PidHost":false,"PropagatedMount":"","User":{},"WorkDir":""}""",
            config.ToJsonString());
        Assert.Equal("""{"Args":[],"Devices":[],"Env":[],"Mounts":[]}""", inspected["Settings"]!.ToJsonString());
        Assert.Equal("bare:latest", inspected["PluginReference"]!.GetValue<string>());
        (await engine.GantryAsync("plugin", "enable", "bare")).Failed("args must not be empty");
    }

    [Fact]
    public async Task Only_what_is_settable_can_be_set()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "settable");
        (await engine.GantryAsync("plugin", "set", "settable", "DEBUG=5", "host=/var", "null=/dev/zero", "args=x y", "UNSET.value=z")).Succeeded();
        (await engine.GantryAsync("plugin", "set", "settable", "DEBUG=6", "MEMORY=0")).Failed("\"MEMORY\" is not settable");
        (await engine.GantryAsync("plugin", "set", "settable", "host.type=tmpfs")).Failed("\"host.type\" is not settable");
        (await engine.GantryAsync("plugin", "set", "settable", "NOPE=0")).Failed("setting \"NOPE\" not found in the plugin configuration");

        var settings = JsonNode.Parse((await engine.GantryAsync("plugin", "inspect", "-f", "{{json .Settings}}", "settable")).Succeeded().Output)!;
        Assert.Equal("""["MEMORY=1","DEBUG=5","UNSET=z"]""", settings["Env"]!.ToJsonString());
        Assert.Equal("""["x","y"]""", settings["Args"]!.ToJsonString());
        Assert.Equal("/var", settings["Mounts"]![0]!["Source"]!.GetValue<string>());
        Assert.Equal("/dev/zero", settings["Devices"]![0]!["Path"]!.GetValue<string>());

        (await engine.GantryAsync("plugin", "enable", "settable")).Succeeded();
        var process = Assert.Single(TestPlugin.Processes());
        Assert.Equal("/bin/plugin\0x\0y\0", await File.ReadAllTextAsync($"/proc/{process}/cmdline"));
        Assert.Contains("\0DEBUG=5\0", await File.ReadAllTextAsync($"/proc/{process}/environ"), StringComparison.Ordinal);
        Assert.True(Directory.Exists($"/proc/{process}/root/host/lib"));
        Assert.True(File.Exists($"/proc/{process}/root/dev/zero"));
    }

    [Fact]
    public async Task It_has_what_its_configuration_asks_for_and_no_more()
    {
        await using var confined = await TestPlugin.CreateAsync(engine, "confined", c =>
        {
            c["network"]!["type"] = "none";
            c["linux"] = new JsonObject();
            c.Remove("propagatedmount");
        });
        await using var open = await TestPlugin.CreateAsync(engine, "open", c => (c["ipchost"], c["pidhost"]) = (true, true));

        (await engine.GantryAsync("plugin", "enable", "confined")).Succeeded();
        var process = Assert.Single(TestPlugin.Processes());
        foreach (var name in (string[])["net", "ipc", "pid", "mnt"])
        {
            Assert.NotEqual(Namespace("self", name), Namespace($"{process}", name));
        }

        const ulong SysAdmin = 1UL << 21;
        var status = await File.ReadAllTextAsync($"/proc/{process}/status");
        Assert.Equal(0UL, Capabilities(status) & SysAdmin);
        Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
        (await engine.GantryAsync("plugin", "disable", "confined")).Succeeded();

        (await engine.GantryAsync("plugin", "enable", "open")).Succeeded();
        process = Assert.Single(TestPlugin.Processes());
        foreach (var name in (string[])["net", "ipc", "pid"])
        {
            Assert.Equal(Namespace($"{engine.ProcessId}", name), Namespace($"{process}", name));
        }

        Assert.Equal(SysAdmin, Capabilities(await File.ReadAllTextAsync($"/proc/{process}/status")) & SysAdmin);
    }

    [Fact]
    public async Task One_that_ends_or_never_listens_is_not_enabled()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "silent");
        foreach (var how in (string[])["fail", "deaf"])
        {
            (await engine.GantryAsync("plugin", "set", "silent", "args=" + how)).Succeeded();
            (await engine.GantryAsync("plugin", "enable", "silent")).Failed("/test.sock: connect: no such file or directory");
            Assert.Equal("silent:latest false", await ListAsync("gantry"));
            Assert.Empty(TestPlugin.Processes());
        }

        (await engine.GantryAsync("plugin", "set", "silent", "args=x", "host=/no/such/place")).Succeeded();
        (await engine.GantryAsync("plugin", "enable", "silent")).Failed("bind mount source stat: stat /no/such/place: no such file or directory");
        (await engine.GantryAsync("plugin", "set", "silent", "host=/tmp", "null=/dev/nope")).Succeeded();
        (await engine.GantryAsync("plugin", "enable", "silent")).Failed("error gathering device information while adding custom device \"/dev/nope\": no such file or directory");
        (await engine.GantryAsync("plugin", "set", "silent", "null=/dev/null")).Succeeded();
        (await engine.GantryAsync("plugin", "enable", "silent")).Succeeded();
    }

    [Fact]
    public async Task Lists_are_filtered()
    {
        await using var volumes = await TestPlugin.CreateAsync(engine, "filter-volumes");
        await using var networks = await TestPlugin.CreateAsync(engine, "filter-networks", c => c["interface"]!["types"] = new JsonArray("docker.networkdriver/1.0"));
        (await engine.GantryAsync("plugin", "enable", "filter-networks")).Succeeded();

        Assert.Equal("filter-networks:latest true", await ListAsync("gantry", "-f", "enabled=true"));
        Assert.Equal("filter-volumes:latest false", await ListAsync("gantry", "-f", "enabled=false"));
        Assert.Equal("filter-networks:latest true", await ListAsync("gantry", "-f", "capability=networkdriver"));
        Assert.Empty(await ListAsync("gantry", "-f", "capability=nope"));
        (await engine.GantryAsync("plugin", "ls", "-f", "enabled=x")).Failed("invalid filter 'enabled=[x]'");
        (await engine.GantryAsync("plugin", "ls", "-f", "name=x")).Failed("invalid filter 'name'");
        Assert.Contains("filter-networks:latest", (await engine.GantryAsync("info", "-f", "{{json .Plugins.Network}}")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_tell_of_its_life()
    {
        var since = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        await using (var plugin = await TestPlugin.CreateAsync(engine, "eventful"))
        {
            (await engine.GantryAsync("plugin", "enable", "eventful")).Succeeded();
            (await engine.GantryAsync("plugin", "disable", "eventful:latest")).Succeeded();
        }

        var until = DateTimeOffset.UtcNow.AddSeconds(1).ToUnixTimeMilliseconds() / 1000.0;
        var events = (await engine.GantryAsync(
            "events", "--since", FormattableString.Invariant($"{since}"), "--until", FormattableString.Invariant($"{until}"), "-f", "type=plugin", "--format", "{{.Action}} {{.Actor.Attributes.name}}")).Succeeded().Text;
        Assert.Equal("create eventful:latest\nenable eventful\ndisable eventful:latest\nremove eventful", events);
    }

    [Theory]
    [InlineData("GET", "/plugins/nope/json", null, 404, "plugin \"nope\" not found")]
    [InlineData("DELETE", "/plugins/nope", null, 404, "plugin \"nope\" not found")]
    [InlineData("POST", "/plugins/nope/enable?timeout=0", null, 404, "plugin \"nope\" not found")]
    [InlineData("POST", "/plugins/nope/disable", null, 404, "plugin \"nope\" not found")]
    [InlineData("POST", "/plugins/nope/push", null, 404, "plugin \"nope\" not found")]
    [InlineData("POST", "/plugins/nope/set", "[]", 404, "plugin \"nope\" not found")]
    [InlineData("POST", "/plugins/nope/set", "{invalid json", 400, "invalid JSON: invalid character 'i' looking for beginning of object key string")]
    [InlineData("POST", "/plugins/nope/set", "[] trailing content", 400, "unexpected content after JSON")]
    [InlineData("POST", "/plugins/nope/set", "[1]", 400, "invalid JSON: json: cannot unmarshal number into Go value of type string")]
    [InlineData("POST", "/plugins/nope/upgrade?remote=x", "{invalid json", 400, "invalid JSON: invalid character 'i' looking for beginning of object key string")]
    [InlineData("POST", "/plugins/pull?remote=x", "{invalid json", 400, "invalid JSON: invalid character 'i' looking for beginning of object key string")]
    [InlineData("POST", "/plugins/pull?remote=Bad..", "[]", 500, "invalid reference format: repository name (library/Bad..) must be lowercase")]
    [InlineData("GET", "/plugins/privileges?remote=", null, 500, "invalid reference format")]
    [InlineData("POST", "/plugins/create?name=", null, 500, "failed to parse reference : invalid reference format")]
    [InlineData("POST", "/plugins/create?name=nothing", null, 500, "no rootfs found: EOF")]
    public async Task Mistakes_have_Dockers_status_and_words(string method, string path, string? body, int status, string message)
    {
        var answer = (await Command.RunAsync(
            "curl",
            ["-s", "-X", method, "-w", "\n%{http_code}", "--unix-socket", engine.Host["unix://".Length..], .. body is null ? [] : (string[])["-H", "Content-Type: application/json", "-d", body], "http://x" + path])).Succeeded().Output.Split('\n');

        Assert.Equal($"{status}", answer[^1]);
        Assert.Equal(message, JsonSerializer.Deserialize<Dictionary<string, string>>(answer[0])!["message"]);
    }

    [Theory]
    [InlineData("nojson", "failed to parse config: invalid character 'o' in literal null (expecting 'u')")]
    [InlineData("""{"interface":{"types":["a.b/c"]}} trail""", "failed to parse config: invalid character 't' after top-level value")]
    [InlineData("""{"user":{"uid":-1}}""", "failed to parse config: json: cannot unmarshal $.user.uid")]
    [InlineData("""{"interface":{"socket":"../../gantry.sock"}}""", "failed to parse config: the interface's socket must be the name of a file")]
    [InlineData("""{"propagatedmount":"/a/../.."}""", "failed to parse config: the propagated mount must be an absolute path below the root")]
    public async Task A_configuration_that_is_none_makes_no_plugin(string configuration, string error)
    {
        await using var plugin = TestPlugin.Make(engine, "malformed");
        await File.WriteAllTextAsync(Path.Combine(plugin.Folder, "config.json"), configuration);
        var tar = Path.Combine(plugin.Folder, "plugin.tar");
        (await Command.RunAsync("tar", ["-C", plugin.Folder, "-cf", tar, "config.json", "rootfs"])).Succeeded();

        var answer = await Command.RunAsync("curl", ["-s", "--unix-socket", engine.Host["unix://".Length..], "--data-binary", "@" + tar, "-H", "Content-Type: application/x-tar", "http://x/plugins/create?name=malformed"]);

        Assert.Contains(error, JsonSerializer.Deserialize<Dictionary<string, string>>(answer.Output)!["message"], StringComparison.Ordinal);
        Assert.Empty(await ListAsync("gantry"));
    }

    private async Task<string> ListAsync(string client, params string[] arguments) =>
        (await engine.RunAsync(client, ["plugin", "ls", "--format", "{{.Name}} {{.Enabled}}", .. arguments])).Succeeded().Text;

    private static string Namespace(string process, string name) => new FileInfo($"/proc/{process}/ns/{name}").LinkTarget!;

    private static ulong Capabilities(string status) =>
        ulong.Parse(status.Split('\n').First(l => l.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1], System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
}
