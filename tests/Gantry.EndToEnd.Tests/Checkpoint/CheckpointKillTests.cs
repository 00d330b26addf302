using System.Diagnostics;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Checkpoint;

/// <summary>Engine and monitor are killed while a container is saved or restored: it and its checkpoint are never both lost.</summary>
[Collection(ExperimentalCollection.Name)]
public sealed class CheckpointKillTests(ExperimentalEngine engine)
{
    [CheckpointTheory]
    [InlineData("engine", "before")]
    [InlineData("engine", "after")]
    [InlineData("monitor", "before")]
    [InlineData("monitor", "after")]
    [InlineData("both", "before")]
    [InlineData("both", "after")]
    public async Task A_checkpoint_that_was_begun_is_finished(string victim, string when)
    {
        await engine.CountAsync("held");
        engine.Hold(when);
        var saving = engine.GantryAsync("checkpoint", "create", "held", "c1");
        await engine.UntilAsync(when == "before" ? "begun" : "done");

        await KillAsync(victim);
        engine.Release(when);
        await saving;

        // With both killed nobody may have seen how it ended.
        await ExperimentalEngine.UntilAsync(async () => await engine.StateAsync("held") is "exited 137" or "exited 255", "it does not end");
        await ExperimentalEngine.UntilAsync(() => Task.FromResult(Directory.EnumerateFiles(Path.Combine(engine.Process.DataRoot, "containers"), "checkpoint-pending.json", SearchOption.AllDirectories).FirstOrDefault() is null), "it is still pending");
        Assert.Equal("CHECKPOINT NAME\nc1", (await engine.GantryAsync("checkpoint", "ls", "held")).Succeeded().Text);
        (await engine.GantryAsync("start", "--checkpoint", "c1", "held")).Succeeded();
        await engine.AssertWholeAsync("held");
    }

    [CheckpointFact]
    public async Task A_checkpoint_whose_runtime_was_killed_leaves_nothing()
    {
        await engine.CountAsync("stays");
        engine.Hold("before");
        var saving = engine.GantryAsync("checkpoint", "create", "stays", "c1");
        await engine.UntilAsync("begun");
        await engine.Process.KillAsync();
        var runtimes = Runtimes();
        Assert.NotEmpty(runtimes);
        runtimes.ForEach(runtime => runtime.Kill());
        engine.Release("before");
        await saving;

        await engine.Process.StartAsync();

        await ExperimentalEngine.UntilAsync(async () => (await engine.GantryAsync("checkpoint", "ls", "stays")).Text == "CHECKPOINT NAME", "it is still there");
        await engine.AssertWholeAsync("stays");
    }

    [CheckpointTheory]
    [InlineData("engine")]
    [InlineData("monitor")]
    public async Task A_restore_that_was_begun_is_finished_or_undone(string victim)
    {
        await engine.CountAsync("returns");
        (await engine.GantryAsync("checkpoint", "create", "returns", "c1")).Succeeded();
        engine.Hold("before");
        var starting = engine.GantryAsync("start", "--checkpoint", "c1", "returns");
        await engine.UntilAsync("begun");

        var killed = KillAsync(victim);
        engine.Release("before");
        await killed;
        await starting;

        if (!(await engine.StateAsync("returns")).StartsWith("running", StringComparison.Ordinal))
        {
            (await engine.GantryAsync("start", "--checkpoint", "c1", "returns")).Succeeded();
        }

        await engine.AssertWholeAsync("returns");
    }

    private List<Process> Runtimes() => [.. Process.GetProcesses().Where(p => EngineProcess.CommandLine(p.Id) is var line
        && line.Contains("\0--image-path\0", StringComparison.Ordinal) && line.Contains(engine.Process.Folder, StringComparison.Ordinal))];

    /// <summary>A killed engine comes back; a monitor is replaced by the engine.</summary>
    private async Task KillAsync(string victim)
    {
        if (victim is "engine" or "both")
        {
            await engine.Process.KillAsync();
        }

        if (victim is "monitor" or "both")
        {
            Assert.Single(engine.Process.Monitors()).Kill();
        }

        if (victim is "engine" or "both")
        {
            await engine.Process.StartAsync();
        }
    }
}
