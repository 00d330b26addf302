using System.Diagnostics;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Plugin;

/// <summary>Plugins when the engine, its monitor or they themselves are killed.</summary>
[Collection(EngineCollection.Name)]
public sealed class PluginKillTests(EngineProcess engine)
{
    [Fact]
    public async Task It_goes_on_when_the_engine_is_killed()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "survivor");
        (await engine.GantryAsync("plugin", "enable", "survivor")).Succeeded();
        (await engine.GantryAsync("volume", "create", "-d", "survivor", "survivors")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "with-survivor", "-v", "survivors:/data", "busybox", "sh", "-c", "echo hello >/data/f; sleep 1000")).Succeeded();
        var process = TestPlugin.Processes()[0];

        await engine.KillAsync();
        await engine.StartAsync();

        Assert.Contains(process, TestPlugin.Processes());
        Assert.Equal("true", await EnabledAsync("survivor"));
        Assert.Equal("hello", (await engine.GantryAsync("exec", "with-survivor", "cat", "/data/f")).Succeeded().Text);
        (await engine.GantryAsync("volume", "create", "-d", "survivor", "another")).Succeeded();
        (await engine.GantryAsync("plugin", "disable", "survivor")).Failed("is in use");
        (await engine.GantryAsync("rm", "-f", "with-survivor")).Succeeded();
        (await engine.GantryAsync("volume", "rm", "survivors", "another")).Succeeded();
    }

    [Fact]
    public async Task It_is_started_anew_when_the_monitor_is_killed_too()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "anew");
        (await engine.GantryAsync("plugin", "enable", "anew")).Succeeded();

        foreach (var monitor in engine.Monitors())
        {
            monitor.Kill();
        }

        await engine.KillAsync();
        await engine.StartAsync();

        // Its mounts were in a namespace that is gone: what it mounts from now on is seen again.
        Assert.Equal("true", await EnabledAsync("anew"));
        (await engine.GantryAsync("volume", "create", "-d", "anew", "anews")).Succeeded();
        Assert.Contains("tmpfs /data tmpfs", (await engine.GantryAsync("run", "--rm", "-v", "anews:/data", "busybox", "cat", "/proc/mounts")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("volume", "rm", "anews")).Succeeded();
    }

    [Fact]
    public async Task It_is_brought_back_when_it_is_killed_itself()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "back");
        (await engine.GantryAsync("plugin", "enable", "back")).Succeeded();
        var process = Assert.Single(TestPlugin.Processes());

        using (var killed = Process.GetProcessById(process))
        {
            killed.Kill();
        }

        await UntilAsync(() => TestPlugin.Processes() is [var other] && other != process);
        (await engine.GantryAsync("volume", "create", "-d", "back", "backs")).Succeeded();
        (await engine.GantryAsync("volume", "rm", "backs")).Succeeded();
    }

    [Fact]
    public async Task Killed_while_one_is_enabled_again_and_again_the_engine_knows_whether_it_runs()
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, "racing");
        for (var round = 0; round < 6; round++)
        {
            var enabling = engine.GantryAsync("plugin", "enable", "racing");
            await Task.Delay(round * 15);
            await engine.KillAsync();
            var told = await enabling;
            await engine.StartAsync();

            var enabled = await EnabledAsync("racing") == "true";
            Assert.True(enabled || told.ExitCode != 0, "it was told to be enabled, and is not");
            await UntilAsync(() => (TestPlugin.Processes().Count > 0) == enabled);
            if (enabled)
            {
                (await engine.GantryAsync("plugin", "disable", "racing")).Succeeded();
            }

            Assert.Empty(TestPlugin.Processes());
        }
    }

    [Fact]
    public async Task Killed_while_one_is_pulled_the_engine_has_all_of_it_or_nothing()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        var name = $"{registry.Address}/team/driver:latest";
        await using (var plugin = await TestPlugin.CreateAsync(engine, name))
        {
            (await engine.GantryAsync("plugin", "push", name)).Succeeded();
        }

        for (var round = 0; round < 6; round++)
        {
            var installing = engine.GantryAsync("plugin", "install", "--grant-all-permissions", name);
            await Task.Delay(round * 20);
            await engine.KillAsync();
            await installing;
            await engine.StartAsync();

            if ((await engine.GantryAsync("plugin", "inspect", name)).ExitCode == 0)
            {
                // It may have come as far as to be enabled.
                if (await EnabledAsync(name) == "false")
                {
                    (await engine.GantryAsync("plugin", "enable", name)).Succeeded();
                }

                (await engine.GantryAsync("plugin", "rm", "-f", name)).Succeeded();
            }
        }

        (await engine.GantryAsync("plugin", "install", "--grant-all-permissions", name)).Succeeded();
        (await engine.GantryAsync("plugin", "rm", "-f", name)).Succeeded();
        Assert.Empty(TestPlugin.Processes());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(engine.ExecRoot, "plugins")));
    }

    private async Task<string> EnabledAsync(string name) => (await engine.GantryAsync("plugin", "inspect", "-f", "{{.Enabled}}", name)).Succeeded().Text;

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 400 && !condition(); attempt++)
        {
            await Task.Delay(25);
        }

        Assert.True(condition(), "it did not come about");
    }
}
