using System.Text.Json.Nodes;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Plugin;

/// <summary>What plugins that the engine runs are for: volumes, networks and their addresses, and the word on requests.</summary>
[Collection(EngineCollection.Name)]
public sealed class PluginDriverTests(EngineProcess engine)
{
    [Fact]
    public async Task What_it_mounts_is_a_volume()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "memory");
        (await engine.GantryAsync("plugin", "enable", "memory")).Succeeded();
        (await engine.GantryAsync("volume", "create", "-d", "memory", "quick")).Succeeded();
        (await engine.GantryAsync("volume", "create", "-d", "memory:latest", "quick")).Succeeded();
        Assert.Equal("memory:latest local", (await engine.GantryAsync("volume", "inspect", "-f", "{{.Driver}} {{.Scope}}", "quick")).Succeeded().Text);

        // The plugin mounts it in its own namespace: only where that is passed on can a container have it.
        (await engine.GantryAsync("run", "-d", "--name", "with-plugin-volume", "-v", "quick:/data", "busybox", "sleep", "1000")).Succeeded();
        Assert.Contains("tmpfs /data tmpfs", (await engine.GantryAsync("exec", "with-plugin-volume", "cat", "/proc/mounts")).Succeeded().Output, StringComparison.Ordinal);

        (await engine.GantryAsync("plugin", "disable", "memory")).Failed("plugin memory:latest is in use");
        (await engine.GantryAsync("plugin", "rm", "memory")).Failed("plugin memory:latest is in use");
        (await engine.GantryAsync("rm", "-f", "with-plugin-volume")).Succeeded();
        (await engine.GantryAsync("plugin", "disable", "memory")).Failed("plugin memory:latest is in use");
        (await engine.GantryAsync("plugin", "disable", "-f", "memory")).Succeeded();
        (await engine.GantryAsync("volume", "create", "-d", "memory", "other")).Failed("create other: error looking up volume plugin memory: plugin memory found but disabled");
        (await engine.GantryAsync("run", "--rm", "-v", "quick:/data", "busybox", "true")).Failed("error looking up volume plugin memory:latest: plugin memory:latest found but disabled");

        (await engine.GantryAsync("plugin", "enable", "memory")).Succeeded();
        (await engine.GantryAsync("volume", "rm", "quick")).Succeeded();
        (await engine.GantryAsync("plugin", "disable", "memory")).Succeeded();
    }

    [Fact]
    public async Task Its_answers_lead_nowhere_else()
    {
        // Without a propagated mount its paths are those of its own root, in which it makes a link to the host's.
        await using var plugin = await TestPlugin.CreateAsync(engine, "hostile", c =>
        {
            c.Remove("propagatedmount");
            c["env"] = new JsonArray();
        });
        (await engine.GantryAsync("plugin", "enable", "hostile")).Succeeded();
        var process = Assert.Single(TestPlugin.Processes());
        Directory.CreateDirectory($"/proc/{process}/root/mnt/volumes");
        File.CreateSymbolicLink($"/proc/{process}/root/mnt/volumes/way-out", "/etc");

        (await engine.GantryAsync("volume", "create", "-d", "hostile", "way-out")).Succeeded();
        (await engine.GantryAsync("run", "--rm", "-v", "way-out:/data", "busybox", "ls", "/data")).Failed("answered with a path that can't be used");

        (await engine.GantryAsync("volume", "rm", "way-out")).Succeeded();
    }

    [Fact]
    public async Task It_gives_networks_their_addresses()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "net", c => c["interface"]!["types"] = new JsonArray("docker.networkdriver/1.0", "docker.ipamdriver/1.0"));
        (await engine.GantryAsync("plugin", "enable", "net")).Succeeded();

        (await engine.GantryAsync("network", "create", "--ipam-driver", "net", "addressed")).Succeeded();
        Assert.Equal("net:latest 10.213.7.0/24", (await engine.GantryAsync("network", "inspect", "-f", "{{.IPAM.Driver}} {{(index .IPAM.Config 0).Subnet}}", "addressed")).Succeeded().Text);
        Assert.Contains("10.213.7.77", (await engine.GantryAsync("run", "--rm", "--network", "addressed", "busybox", "ip", "-4", "addr", "show", "eth0")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("plugin", "disable", "net")).Failed("plugin net:latest is in use");
        (await engine.GantryAsync("network", "rm", "addressed")).Succeeded();

        (await engine.GantryAsync("network", "create", "-d", "net", "driven")).Succeeded();
        Assert.Equal("net:latest", (await engine.GantryAsync("network", "inspect", "-f", "{{.Driver}}", "driven")).Succeeded().Text);
        (await engine.GantryAsync("run", "--rm", "--network", "driven", "busybox", "true")).Succeeded();
        (await engine.GantryAsync("plugin", "disable", "net")).Failed("plugin net:latest is in use");
        (await engine.GantryAsync("network", "rm", "driven")).Succeeded();

        // The null driver's pools are shown as Docker's are; there is no gateway.
        (await engine.GantryAsync("network", "create", "-d", "net", "--ipam-driver", "null", "--ipv6", "bare")).Succeeded();
        Assert.Equal("null [{\"Subnet\":\"0.0.0.0/0\"},{\"Subnet\":\"::/0\"}]", (await engine.GantryAsync("network", "inspect", "-f", "{{.IPAM.Driver}} {{json .IPAM.Config}}", "bare")).Succeeded().Text);
        (await engine.GantryAsync("network", "rm", "bare")).Succeeded();
        (await engine.GantryAsync("volume", "create", "-d", "net", "none")).Failed("plugin does not provide \"volumedriver\" capability");
        (await engine.GantryAsync("plugin", "disable", "net")).Succeeded();
    }

    [Fact]
    public async Task It_is_given_logs()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "logger", c =>
        {
            c["interface"]!["types"] = new JsonArray("docker.logdriver/1.0");
            c.Remove("propagatedmount");
        });
        (await engine.GantryAsync("run", "--rm", "--log-driver", "logger", "busybox", "true")).Failed("error looking up logging plugin logger: plugin logger found but disabled");
        (await engine.GantryAsync("plugin", "enable", "logger")).Succeeded();
        var process = Assert.Single(TestPlugin.Processes());
        string Logged() => TestPlugin.Processes().Select(p => $"/proc/{p}/root/logged").Where(File.Exists).Select(f => File.ReadAllText(f, System.Text.Encoding.Latin1)).FirstOrDefault() ?? "";

        (await engine.GantryAsync("run", "-d", "--name", "logs-to-plugin", "--log-driver", "logger", "--log-opt", "tag=x", "busybox", "sh", "-c", "echo out; echo err >&2; sleep 1000")).Succeeded();
        await UntilAsync(() => Logged().EndsWith("\u0003err", StringComparison.Ordinal));
        Assert.Equal(["stdout out", "stderr err"], Entries(Logged()));
        Assert.Equal("out", (await engine.GantryAsync("logs", "logs-to-plugin")).Succeeded().Text);
        (await engine.GantryAsync("plugin", "disable", "logger")).Failed("plugin logger:latest is in use");

        // A plugin that ended is told of the container again.
        using (var killed = System.Diagnostics.Process.GetProcessById(process))
        {
            killed.Kill();
        }

        (await engine.GantryAsync("exec", "logs-to-plugin", "sh", "-c", "echo again >/proc/1/fd/1")).Succeeded();
        await UntilAsync(() => Logged().Contains("again", StringComparison.Ordinal));
        (await engine.GantryAsync("rm", "-f", "logs-to-plugin")).Succeeded();
        (await engine.GantryAsync("plugin", "disable", "logger")).Succeeded();
    }

    [Fact]
    public async Task It_collects_the_engines_figures()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "collector", c =>
        {
            c["interface"]!["types"] = new JsonArray("docker.metricscollector/1.0");
            c["network"]!["type"] = "none";
            c.Remove("propagatedmount");
        });
        (await engine.GantryAsync("plugin", "enable", "collector")).Succeeded();
        Assert.Contains("engine_daemon_engine_info", await File.ReadAllTextAsync($"/proc/{Assert.Single(TestPlugin.Processes())}/root/metrics"), StringComparison.Ordinal);

        // The next engine has another socket.
        await engine.KillAsync();
        await engine.StartAsync();
        Assert.Contains("engine_daemon_engine_info", await File.ReadAllTextAsync($"/proc/{Assert.Single(TestPlugin.Processes())}/root/metrics"), StringComparison.Ordinal);
        (await engine.GantryAsync("plugin", "disable", "collector")).Succeeded();
    }

    [Fact]
    public async Task It_decides_about_requests_until_it_is_disabled()
    {
        await using var daemon = new ScratchDaemon();
        await using var plugin = TestPlugin.Make(engine, "none", c =>
        {
            c["interface"]!["types"] = new JsonArray("docker.authz/1.0");
            c.Remove("propagatedmount");
        });
        var process = await daemon.StartAsync("-H", daemon.Socket, "--bridge", "none");
        Task<Result> GantryAsync(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        (await GantryAsync("plugin", "create", "judge", plugin.Folder)).Succeeded();
        (await GantryAsync("plugin", "enable", "judge")).Succeeded();
        await ScratchDaemon.SignalAsync(process, "TERM");
        await process.WaitForExitAsync();

        process = await daemon.StartAsync("-H", daemon.Socket, "--bridge", "none", "--authorization-plugin", "judge");
        (await GantryAsync("volume", "inspect", "forbidden")).Failed("authorization denied by plugin judge: not for you");
        (await GantryAsync("volume", "create", "allowed")).Succeeded();
        await ScratchDaemon.SignalAsync(process, "KILL");
        await process.WaitForExitAsync();
        process = await daemon.StartAsync("-H", daemon.Socket, "--bridge", "none", "--authorization-plugin", "judge");
        (await GantryAsync("volume", "inspect", "forbidden")).Failed("authorization denied by plugin judge: not for you");

        (await GantryAsync("plugin", "disable", "judge")).Succeeded();
        (await GantryAsync("volume", "inspect", "forbidden")).Failed("no such volume");
        (await GantryAsync("plugin", "rm", "judge")).Succeeded();
    }

    [Fact]
    public async Task The_default_runtime_runs_it()
    {
        await using var daemon = new ScratchDaemon();
        await using var plugin = TestPlugin.Make(engine, "none");
        var (script, calls) = (Path.Combine(daemon.Folder, "runtime"), Path.Combine(daemon.Folder, "calls"));
        await File.WriteAllTextAsync(script, $"#!/bin/sh\necho \"$@\" >>{calls}\nexec runc \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await daemon.StartAsync("-H", daemon.Socket, "--bridge", "none", "--add-runtime", "mine=" + script, "--default-runtime", "mine");
        Task<Result> GantryAsync(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        (await GantryAsync("plugin", "create", "driver", plugin.Folder)).Succeeded();
        var id = (await GantryAsync("plugin", "inspect", "-f", "{{.Id}}", "driver")).Succeeded().Text;

        (await GantryAsync("plugin", "enable", "driver")).Succeeded();
        Assert.Contains(id, await File.ReadAllTextAsync(calls), StringComparison.Ordinal);
        (await GantryAsync("volume", "create", "-d", "driver", "vv")).Succeeded();
        (await GantryAsync("volume", "rm", "vv")).Succeeded();
        (await GantryAsync("plugin", "rm", "-f", "driver")).Succeeded();
    }

    [Fact]
    public async Task It_may_have_the_hosts_devices_and_all_its_files()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "dev-mounts", c =>
        {
            c["mounts"] = JsonNode.Parse("""
                [{"name":"root","source":"/","destination":"/host","type":"bind","options":["rbind"]},
                 {"name":"dev","source":"/dev","destination":"/dev","type":"bind","options":["rbind"]},
                 {"name":"foo","source":"/tmp","destination":"/etc/foo","type":"bind","options":["rbind"]}]
                """);
            c["propagatedmount"] = "/propagated";
            c["ipchost"] = true;
            c["linux"]!["allowalldevices"] = true;
        });

        (await engine.GantryAsync("plugin", "enable", "dev-mounts")).Succeeded();

        var process = Assert.Single(TestPlugin.Processes());
        Assert.True(Directory.Exists($"/proc/{process}/root/host/proc"));
        (await engine.GantryAsync("plugin", "disable", "dev-mounts")).Succeeded();
        Assert.True(File.Exists("/dev/null"));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 800 && !condition(); attempt++)
        {
            await Task.Delay(25);
        }

        Assert.True(condition(), "it did not come about");
    }

    /// <summary>Source and line of each entry: a length, then fields 1 (text), 2 (a number) and 3 (bytes) of a message.</summary>
    private static IEnumerable<string> Entries(string logged)
    {
        while (logged.Length > 0)
        {
            var entry = logged.Substring(4, logged[3]);
            var source = entry.Substring(2, entry[1]);
            var line = 2 + source.Length + 1;
            while (entry[line] >= 0x80)
            {
                line++;
            }

            Assert.Equal('\u001a', entry[line + 1]);
            yield return $"{source} {entry[(line + 3)..]}";
            logged = logged[(4 + entry.Length)..];
        }
    }
}
