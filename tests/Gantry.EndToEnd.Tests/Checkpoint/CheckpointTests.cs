namespace Gantry.EndToEnd.Tests.Checkpoint;

/// <summary>Containers that are saved and go on later.</summary>
[Collection(ExperimentalCollection.Name)]
public sealed class CheckpointTests(ExperimentalEngine engine)
{
    [CheckpointFact]
    public async Task A_container_goes_on_where_it_was_saved()
    {
        await engine.CountAsync("saved");

        Assert.Equal("one1", (await engine.GantryAsync("checkpoint", "create", "saved", "one1")).Succeeded().Text);

        Assert.Equal("exited 137", await engine.StateAsync("saved"));
        Assert.Equal("CHECKPOINT NAME\none1", (await engine.GantryAsync("checkpoint", "ls", "saved")).Succeeded().Text);
        Assert.Equal("", (await engine.GantryAsync("start", "--checkpoint", "one1", "saved")).Succeeded().Output);
        Assert.Equal("running 0", await engine.StateAsync("saved"));
        await engine.AssertWholeAsync("saved");
    }

    [CheckpointFact]
    public async Task A_container_that_is_left_running_can_go_back()
    {
        await engine.CountAsync("goes-on");

        (await engine.GantryAsync("checkpoint", "create", "--leave-running", "goes-on", "early")).Succeeded();

        Assert.Equal("running 0", await engine.StateAsync("goes-on"));
        var counted = (await engine.CountedAsync("goes-on")).Length;
        await engine.UntilCountedAsync("goes-on", counted + 5);
        (await engine.GantryAsync("kill", "goes-on")).Succeeded();
        await engine.GantryAsync("wait", "goes-on");
        counted = (await engine.CountedAsync("goes-on")).Length;
        (await engine.GantryAsync("start", "--checkpoint", "early", "goes-on")).Succeeded();
        await engine.UntilCountedAsync("goes-on", counted + 1);
        var lines = await engine.CountedAsync("goes-on");
        Assert.True(int.Parse(lines[counted], null) <= counted, $"after {lines[counted - 1]} came {lines[counted]}");
        (await engine.GantryAsync("rm", "-f", "goes-on")).Succeeded();
    }

    [CheckpointFact]
    public async Task Terminals_and_input_are_restored()
    {
        await engine.CountAsync("terminal", "-t");
        (await engine.GantryAsync("run", "-di", "--runtime", "runc", "--name", "input", "busybox", "sh", "-c", "read x; echo got $x; read x; echo got $x; exit 3")).Succeeded();
        foreach (var name in new[] { "terminal", "input" })
        {
            (await engine.GantryAsync("checkpoint", "create", name, "c1")).Succeeded();
            (await engine.GantryAsync("start", "--checkpoint", "c1", name)).Succeeded();
        }

        Assert.Equal("got a\ngot b\n", (await engine.Process.GantryWithInputAsync("a\nb\n", "attach", "input")).Output);
        await engine.AssertWholeAsync("terminal");
        (await engine.GantryAsync("rm", "-f", "input")).Succeeded();
    }

    [CheckpointFact]
    public async Task What_a_container_has_in_memory_and_in_files_is_there_again()
    {
        await engine.CountAsync("files", "--tmpfs", "/t", "-v", "checkpoint-volume:/v", "--init", "-m", "64m", "--health-cmd", "sleep 1", "--health-interval", "100ms");
        (await engine.GantryAsync("exec", "files", "sh", "-c", "echo a >/t/f; echo b >/dev/shm/f; echo c >/v/f; echo d >/root/f")).Succeeded();
        (await engine.GantryAsync("pause", "files")).Succeeded();
        (await engine.GantryAsync("checkpoint", "create", "--leave-running", "files", "c0")).Succeeded();
        Assert.Equal("paused 0", await engine.StateAsync("files"));
        (await engine.GantryAsync("unpause", "files")).Succeeded();
        (await engine.GantryAsync("checkpoint", "create", "files", "c1")).Succeeded();

        (await engine.GantryAsync("start", "--checkpoint", "c1", "files")).Succeeded();

        Assert.Equal("a\nb\nc\nd", (await engine.GantryAsync("exec", "files", "cat", "/t/f", "/dev/shm/f", "/v/f", "/root/f")).Succeeded().Text);
        Assert.Contains("172.17.", (await engine.GantryAsync("exec", "files", "ip", "addr", "show", "eth0")).Succeeded().Output, StringComparison.Ordinal);
        await ExperimentalEngine.UntilAsync(
            async () => (await engine.GantryAsync("inspect", "-f", "{{.State.Health.Status}}", "files")).Text == "healthy", "it is not probed any more");
        await engine.AssertWholeAsync("files");
    }

    [CheckpointFact]
    public async Task A_folder_of_the_clients_takes_checkpoints_but_gives_none()
    {
        var folder = Path.Combine(engine.Process.Folder, "custom");
        await engine.CountAsync("elsewhere", "--rm");

        (await engine.GantryAsync("checkpoint", "create", "--checkpoint-dir", folder, "--leave-running", "elsewhere", "c1")).Succeeded();

        Assert.Equal("CHECKPOINT NAME", (await engine.GantryAsync("checkpoint", "ls", "elsewhere")).Succeeded().Text);
        Assert.Equal("CHECKPOINT NAME\nc1", (await engine.GantryAsync("checkpoint", "ls", "--checkpoint-dir", folder, "elsewhere")).Succeeded().Text);
        (await engine.GantryAsync("checkpoint", "create", "--checkpoint-dir", folder, "elsewhere", "c1"))
            .Failed("cannot checkpoint container elsewhere: checkpoint with name c1 already exists for container elsewhere");
        (await engine.GantryAsync("checkpoint", "create", "--checkpoint-dir", folder, "elsewhere", "c2")).Succeeded();
        await ExperimentalEngine.UntilAsync(async () => (await engine.GantryAsync("inspect", "elsewhere")).ExitCode != 0, "it is not removed");
        Assert.Equal(["c1", "c2"], new DirectoryInfo(folder).EnumerateDirectories().Select(d => d.Name).Order());
        (await engine.GantryAsync("create", "--name", "elsewhere", "busybox", "true")).Succeeded();
        (await engine.GantryAsync("start", "--checkpoint", "c1", "--checkpoint-dir", folder, "elsewhere")).Failed("custom checkpointdir is not supported");
        (await engine.GantryAsync("checkpoint", "rm", "--checkpoint-dir", folder, "elsewhere", "c1")).Succeeded();
        Assert.False(Directory.Exists(Path.Combine(folder, "c1")));
        (await engine.GantryAsync("rm", "elsewhere")).Succeeded();
    }

    [CheckpointFact]
    public async Task A_full_disk_costs_the_checkpoint_and_not_the_container()
    {
        await engine.CountAsync("crowded");

        (await engine.GantryAsync("checkpoint", "create", "--checkpoint-dir", engine.Small, "crowded", "c1")).Failed("Cannot checkpoint container crowded: ");

        Assert.Equal("running 0", await engine.StateAsync("crowded"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(engine.Small));
        await engine.AssertWholeAsync("crowded");
    }

    [CheckpointFact]
    public async Task The_event_is_told_and_removal_takes_all()
    {
        await engine.CountAsync("told");
        (await engine.GantryAsync("checkpoint", "create", "told", "c1")).Succeeded();

        var events = (await engine.GantryAsync("events", "--since", "1h", "--until", $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}", "--filter", "container=told", "--format", "{{.Action}}")).Succeeded().Output;

        Assert.Equal("create\nstart\ncheckpoint\ndie\n", events);
        var id = (await engine.GantryAsync("inspect", "-f", "{{.Id}}", "told")).Text;
        Assert.True(Directory.Exists(Path.Combine(engine.Process.DataRoot, "containers", id, "checkpoints", "c1")));
        (await engine.GantryAsync("checkpoint", "rm", "told", "c1")).Succeeded();
        Assert.Equal(("200", "null"), await engine.CallAsync("GET", "/containers/told/checkpoints"));
        (await engine.GantryAsync("rm", "told")).Succeeded();
        Assert.False(Directory.Exists(Path.Combine(engine.Process.DataRoot, "containers", id)));
    }
}
