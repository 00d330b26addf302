using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Faults;

/// <summary>Everything that can be killed will be.</summary>
[Collection(EngineCollection.Name)]
public sealed class KillTests(EngineProcess engine)
{
    [Fact]
    public async Task Containers_live_log_and_end_while_no_engine_runs()
    {
        (await engine.GantryAsync("run", "-d", "--name", "lives", "busybox", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "ends", "busybox", "sh", "-c", "sleep 0.5; exit 9")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--rm", "--name", "vanishes", "busybox", "sleep", "0.5")).Succeeded();

        await engine.KillAsync();
        await Task.Delay(1000);
        await engine.StartAsync();

        Assert.Equal("running", await StateAsync("lives"));
        Assert.Equal("exited", await StateAsync("ends"));
        Assert.Equal("9", (await engine.GantryAsync("inspect", "-f", "{{.State.ExitCode}}", "ends")).Succeeded().Text);
        await UntilAsync(async () => (await engine.GantryAsync("inspect", "vanishes")).ExitCode == 1);
        Assert.Equal("in", (await engine.GantryAsync("exec", "lives", "echo", "in")).Succeeded().Text);
        await AssertGaplessAsync("lives");
        (await engine.GantryAsync("rm", "-f", "lives", "ends")).Succeeded();
    }

    [Fact]
    public async Task The_monitor_is_replaced_without_loss()
    {
        (await engine.GantryAsync("run", "-d", "--name", "watched", "busybox", "sh", "-c", "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo $i; sleep 0.05; done; exit 4")).Succeeded();
        var monitor = Assert.Single(engine.Monitors());

        monitor.Kill();

        Assert.Equal("4", (await engine.GantryAsync("wait", "watched")).Succeeded().Text);
        await AssertGaplessAsync("watched");
        Assert.NotEqual(monitor.Id, Assert.Single(engine.Monitors()).Id);
        (await engine.GantryAsync("rm", "watched")).Succeeded();
    }

    [Fact]
    public async Task Killing_both_again_and_again_leaks_nothing()
    {
        for (var round = 0; round < 5; round++)
        {
            (await engine.GantryAsync("run", "-d", "--name", $"r{round}", "busybox", "sleep", "1000")).Succeeded();
            var racing = engine.GantryAsync("run", "--rm", "--name", $"racing{round}", "busybox", "true");
            await Task.Delay(round * 10);
            if (round % 2 == 1)
            {
                engine.Monitors()[0].Kill();
            }

            await engine.KillAsync();
            await racing;
            await engine.StartAsync();
            Assert.Equal("running", await StateAsync($"r{round}"));
        }

        var ids = (await engine.GantryAsync("ps", "-aq")).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        (await engine.GantryAsync(["rm", "-f", .. ids])).Succeeded();
        Assert.Equal("", (await engine.GantryAsync("ps", "-aq")).Succeeded().Output);
        Assert.Empty(Directory.GetDirectories(Path.Combine(engine.DataRoot, "containers")));
        await UntilAsync(() => Task.FromResult(!File.ReadAllText($"/proc/{engine.ProcessId}/mountinfo").Contains("overlay " + engine.Folder, StringComparison.Ordinal)
            && !File.ReadAllText($"/proc/{engine.ProcessId}/mountinfo").Contains("upperdir=" + engine.DataRoot, StringComparison.Ordinal)));
    }

    private async Task AssertGaplessAsync(string name)
    {
        var lines = (await engine.GantryAsync("logs", name)).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.True(lines.Length > 5);
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => $"{i}"), lines);
    }

    private async Task<string> StateAsync(string name) => (await engine.GantryAsync("inspect", "-f", "{{.State.Status}}", name)).Succeeded().Text;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail("the condition did not come true");
    }
}
