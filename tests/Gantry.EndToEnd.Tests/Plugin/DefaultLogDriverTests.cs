using System.Text.Json.Nodes;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Plugin;

/// <summary>A plugin as the daemon's own <c>log-driver</c>, and options that the daemon has for its driver.</summary>
[Collection(EngineCollection.Name)]
public sealed class DefaultLogDriverTests(EngineProcess engine)
{
    [Fact]
    public async Task A_plugin_may_be_it()
    {
        await using var daemon = new ScratchDaemon();
        await using var plugin = TestPlugin.Make(engine, "none", c =>
        {
            c["interface"]!["types"] = new JsonArray("docker.logdriver/1.0");
            c.Remove("propagatedmount");
        });
        Task<Result> GantryAsync(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);

        // It can be installed while it is named already, so a start without options asks nothing.
        var process = await daemon.StartAsync("-H", daemon.Socket, "--bridge", "none", "--log-driver", "logger");
        Assert.Equal("logger", (await GantryAsync("info", "-f", "{{.LoggingDriver}}")).Succeeded().Text);
        (await GantryAsync("import", Repository.BusyboxTar, "b:1")).Succeeded();
        (await GantryAsync("create", "b:1", "true")).Failed("error looking up logging plugin logger: plugin \"logger\" not found");
        (await GantryAsync("plugin", "create", "logger", plugin.Folder)).Succeeded();
        (await GantryAsync("plugin", "enable", "logger")).Succeeded();
        (await GantryAsync("create", "b:1", "true")).Succeeded();
        await ScratchDaemon.SignalAsync(process, "KILL");
        await process.WaitForExitAsync();

        process = await daemon.StartAsync("-H", daemon.Socket, "--bridge", "none", "--log-driver", "logger", "--log-opt", "foo=bar");
        var id = (await GantryAsync("create", "b:1", "true")).Succeeded().Text;
        Assert.Equal("logger map[foo:bar]", (await GantryAsync("inspect", "-f", "{{.HostConfig.LogConfig.Type}} {{.HostConfig.LogConfig.Config}}", id)).Succeeded().Text);
        (await GantryAsync("plugin", "disable", "-f", "logger")).Succeeded();
        await ScratchDaemon.SignalAsync(process, "TERM");
        await process.WaitForExitAsync();

        (await RunAsync(daemon, "--log-driver", "logger", "--log-opt", "foo=bar")).Failed("failed to set log opts: error looking up logging plugin logger: plugin logger found but disabled");
    }

    [Fact]
    public async Task What_the_daemon_says_of_copies_is_for_every_driver_and_its_init_for_no_plugin()
    {
        await using var daemon = new ScratchDaemon();
        await using var plugin = TestPlugin.Make(engine, "none", c =>
        {
            c["interface"]!["types"] = new JsonArray("docker.logdriver/1.0");
            c.Remove("propagatedmount");
        });
        Task<Result> GantryAsync(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        await daemon.StartAsync("-H", daemon.Socket, "--bridge", "none", "--init", "--log-opt", "cache-disabled=true", "--log-opt", "max-size=1m");
        (await GantryAsync("import", Repository.BusyboxTar, "b:1")).Succeeded();
        (await GantryAsync("plugin", "create", "logger", plugin.Folder)).Succeeded();
        (await GantryAsync("plugin", "enable", "logger")).Succeeded();

        (await GantryAsync("run", "--name", "unread", "--log-driver", "logger", "b:1", "true")).Succeeded();
        Assert.Equal("map[cache-disabled:true]", (await GantryAsync("inspect", "-f", "{{.HostConfig.LogConfig.Config}}", "unread")).Succeeded().Text);
        (await GantryAsync("logs", "unread")).Failed("configured logging driver does not support reading");
        (await GantryAsync("run", "--name", "read", "b:1", "echo", "said")).Succeeded();
        Assert.Equal("said", (await GantryAsync("logs", "read")).Succeeded().Text);
        (await GantryAsync("plugin", "rm", "-f", "logger")).Succeeded();
    }

    [Theory]
    [InlineData("nothing", "foo=bar", "error looking up logging plugin nothing: plugin \"nothing\" not found")]
    [InlineData("json-file", "foo=bar", "unknown log opt 'foo' for json-file log driver")]
    [InlineData("local", "mode=odd", "logger: logging mode not supported: odd")]
    public async Task Its_options_are_checked_at_the_start(string driver, string option, string error)
    {
        await using var daemon = new ScratchDaemon();
        (await RunAsync(daemon, "--log-driver", driver, "--log-opt", option)).Failed("failed to set log opts: failed to set log opts: " + error);
    }

    private static Task<Result> RunAsync(ScratchDaemon daemon, params string[] flags) =>
        daemon.RunAsync(Repository.Binary("gantryd"), [.. daemon.Roots, "-H", daemon.Socket, "--bridge", "none", .. flags]);
}
