using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary><c>--live-restore=false</c>: docs/design/engine-exit.md.</summary>
public sealed class LiveRestoreTests
{
    private static readonly string[] s_sleep = ["bb", "/bin/sleep", "1000"];

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task Without_it_containers_end_with_the_engine_and_policies_bring_them_back(string signal)
    {
        await using var daemon = new ScratchDaemon();
        Task<Result> Run(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        var first = await daemon.StartAsync("-H", daemon.Socket, "--live-restore=false");
        (await Run("import", Repository.BusyboxTar, "bb")).Succeeded();
        foreach (var policy in new[] { "no", "always", "unless-stopped", "on-failure" })
        {
            (await Run(["run", "-d", "--name", policy, "--restart", policy, "--stop-timeout", "1", "--network", "none", .. s_sleep])).Succeeded();
        }

        // The engine's own socket is there before the containers that mount it.
        (await Run(["run", "-d", "--name", "socket", "--restart", "always", "--stop-timeout", "1", "-v", $"{daemon.Folder}/s:/engine", "--network", "none", .. s_sleep])).Succeeded();
        (await Run(["run", "-d", "--rm", "--name", "rm", "--stop-timeout", "1", "--network", "none", .. s_sleep])).Succeeded();
        (await Run(["run", "-d", "--name", "stopped", "--restart", "unless-stopped", "--network", "none", .. s_sleep])).Succeeded();
        (await Run("stop", "-t", "0", "stopped")).Succeeded();
        Assert.Equal("false", (await Run("info", "-f", "{{.LiveRestoreEnabled}}")).Succeeded().Text);
        var pids = (await Run("inspect", "-f", "{{.State.Pid}}", "no", "always")).Succeeded().Text.Split('\n');

        await ScratchDaemon.SignalAsync(first, signal);
        await first.WaitForExitAsync();
        if (signal == "TERM")
        {
            Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
        }

        await daemon.StartAsync("-H", daemon.Socket, "--live-restore=false");
        Assert.Equal("true true true true", (await Run("inspect", "-f", "{{.State.Running}}", "always", "unless-stopped", "on-failure", "socket")).Succeeded().Text.ReplaceLineEndings(" "));
        (await Run("exec", "socket", "/bin/sh", "-c", "test -S /engine")).Succeeded();
        await UntilRunningAsync(Run, 4);

        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
        var states = (await Run("ps", "-a", "--format", "{{.Names}} {{.State}}")).Succeeded().Text.Split('\n').Order(StringComparer.Ordinal);
        Assert.Equal(["always running", "no exited", "on-failure running", "socket running", "stopped exited", "unless-stopped running"], states);
        Assert.Equal("0", (await Run("inspect", "-f", "{{.RestartCount}}", "always")).Succeeded().Text);
    }

    [Fact]
    public async Task What_a_container_links_to_or_joins_is_started_before_it()
    {
        await using var daemon = new ScratchDaemon();
        Task<Result> Run(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        var first = await daemon.StartAsync("-H", daemon.Socket, "--live-restore=false");
        (await Run("import", Repository.BusyboxTar, "bb")).Succeeded();
        string[] always = ["run", "-d", "--restart", "always", "--stop-timeout", "1"];
        var links = new List<string>();
        foreach (var name in Enumerable.Range(0, 4).Select(i => $"child{i}"))
        {
            (await Run([.. always, "--name", name, .. s_sleep])).Succeeded();
            links.AddRange(["--link", name]);
        }

        (await Run([.. always, "--name", "parent", .. links, .. s_sleep])).Succeeded();
        (await Run([.. always, "--name", "joined", "--network", "container:parent", "--pid", "container:child0", .. s_sleep])).Succeeded();

        await ScratchDaemon.SignalAsync(first, "TERM");
        await first.WaitForExitAsync();
        await daemon.StartAsync("-H", daemon.Socket, "--live-restore=false");

        Assert.Equal("true true", (await Run("inspect", "-f", "{{.State.Running}}", "parent", "joined")).Succeeded().Text.ReplaceLineEndings(" "));
        Assert.DoesNotContain("failed to start container", daemon.Log, StringComparison.Ordinal);
    }

    private static async Task UntilRunningAsync(Func<string[], Task<Result>> run, int count)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var running = (await run(["ps", "-q"])).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
            var all = (await run(["ps", "-aq"])).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
            if (running == count && all == count + 2)
            {
                return;
            }

            await Task.Delay(100);
        }
    }
}
