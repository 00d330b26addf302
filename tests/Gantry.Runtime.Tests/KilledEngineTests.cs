using Gantry.Linux;
using Gantry.Runtime.Protocol;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

/// <summary>kill -9 of the engine, alone and together with its monitor.</summary>
public class KilledEngineTests
{
    private const string Writer = "i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo $i; done; exit 7";

    private static string Lines(int count) => string.Concat(Enumerable.Range(1, count).Select(i => $"{i}\n"));

    [Fact]
    public async Task The_monitor_goes_on_and_the_next_engine_has_everything()
    {
        await using var root = new TestRoot();
        using var engine = RoleProcess.Start("engine", root.Name, "c1", "sh", "-c", Writer + "; ");
        Assert.StartsWith("started ", await engine.ReadLineAsync());
        await engine.KillAsync();
        await using var service = root.CreateService();
        var exits = new ExitProbe(service);
        var state = Assert.Single(await service.RestoreAsync(CancellationToken.None));
        var exit = state.Exit ?? await exits.WaitAsync("c1");
        Assert.Equal((7, true), (exit.ExitCode, exit.ExitCodeKnown));
        Assert.Equal(Lines(4000), await LogText.ReadAsync(root.LogPath("c1")));
        await service.DeleteAsync("c1", CancellationToken.None);
        Assert.Empty(Directory.GetDirectories($"{root.ExecRoot}/tasks"));
    }

    [Fact]
    public async Task Attachments_of_the_dead_engine_leave_stdin_open_and_new_ones_work()
    {
        await using var root = new TestRoot();
        using var engine = RoleProcess.Start("engine", root.Name, "c1", "cat");
        Assert.StartsWith("started ", await engine.ReadLineAsync());
        await engine.KillAsync();
        await using var service = root.CreateService();
        var exits = new ExitProbe(service);
        Assert.Equal(TaskPhase.Running, Assert.Single(await service.RestoreAsync(CancellationToken.None)).Phase);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await attachment.Input.WriteAsync("hello\n"u8.ToArray());
        await Attached.ReadUntilAsync(attachment, "hello");
        await attachment.CloseInputAsync(CancellationToken.None);
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
    }

    /// <summary>
    /// A start was under way when the monitor was killed; the engine put another in its place, noted the process, and was killed before it could hand
    /// it over.
    /// </summary>
    [Fact]
    public async Task What_is_on_record_and_the_living_monitor_lacks_is_handed_to_it()
    {
        await using var root = new TestRoot();
        using var process = System.Diagnostics.Process.Start("sleep", ["1000"]);
        await using (var first = await root.StartServiceAsync())
        {
            await first.StartAsync(root.Bundle("keeper", "sleep", "1000"), CancellationToken.None);
            var directory = RunFiles.TaskDirectory(root.ExecRoot, "lost");
            Directory.CreateDirectory(directory);
            var record = new ProcessRecord
            {
                Id = "lost",
                Directory = directory,
                RuntimeName = "crun",
                Pid = process.Id,
                StartTicks = (long)ProcessStat.Read(process.Id)!.Value.StartTime,
            };
            RunFiles.Save(record, RunFiles.State, new MessageWriter());
        }

        await using var second = root.CreateService();
        var exits = new ExitProbe(second);
        var states = await second.RestoreAsync(CancellationToken.None);
        Assert.Equal(["keeper", "lost"], states.Where(s => s.Phase == TaskPhase.Running).Select(s => s.Id).Order());
        process.Kill();
        Assert.Equal("lost", (await exits.WaitAsync("lost")).Id);
    }

    [Fact]
    public async Task An_end_while_no_engine_runs_is_reported_once()
    {
        await using var root = new TestRoot();
        await using (var first = await root.StartServiceAsync())
        {
            await first.StartAsync(root.Bundle("c1", "sh", "-c", "usleep 100000; exit 3"), CancellationToken.None);
            await first.StartAsync(root.Bundle("keeper", "sleep", "1000"), CancellationToken.None);
            await first.ExecAsync(TestBundle.Exec("keeper", "e1", "sh", "-c", "usleep 100000; exit 5"), CancellationToken.None);
        }

        await Eventually.TrueAsync(() => File.Exists($"{root.ExecRoot}/tasks/c1/exit") && File.Exists($"{root.ExecRoot}/tasks/keeper/exec/e1/exit"));
        await using (var second = root.CreateService())
        {
            var exits = new ExitProbe(second);
            var states = await second.RestoreAsync(CancellationToken.None);
            Assert.Equal(3, states.Single(state => state.Id == "c1").Exit!.ExitCode);
            Assert.Equal(5, states.Single(state => state.ExecId == "e1").Exit!.ExitCode);
            Assert.Equal(TaskPhase.Running, states.Single(state => state is { Id: "keeper", ExecId: null }).Phase);
            Assert.Empty(exits.All);
        }

        // The container's end is kept until it is deleted, the exec's is done with.
        await using var third = root.CreateService();
        Assert.Equal(["c1", "keeper"], (await third.RestoreAsync(CancellationToken.None)).Select(state => state.Id).Order());
    }

    [Fact]
    public async Task An_idle_monitor_ends_with_its_engine_and_its_exits_stay_on_disk()
    {
        await using var root = new TestRoot();
        await using (var first = await root.StartServiceAsync())
        {
            var exits = new ExitProbe(first);
            await first.StartAsync(root.Bundle("c1", "sh", "-c", "exit 3"), CancellationToken.None);
            await exits.WaitAsync("c1");
        }

        await Eventually.TrueAsync(() => Leftovers.MonitorPid(root.ExecRoot) == 0);
        await using var second = root.CreateService();
        Assert.Equal(3, Assert.Single(await second.RestoreAsync(CancellationToken.None)).Exit!.ExitCode);
        await second.DeleteAsync("c1", CancellationToken.None);
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task Both_killed_containers_live_on_and_are_adopted(string runtime)
    {
        await using var root = new TestRoot { Runtime = runtime };
        using var engine = RoleProcess.Start("engine", root.Name, "c1", "sh", "-c", "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo $i; usleep 10000; done; exit 7");
        Assert.StartsWith("started ", await engine.ReadLineAsync());
        Leftovers.Freeze(Leftovers.MonitorPid(root.ExecRoot));
        await engine.KillAsync();
        Leftovers.KillMonitor(root.ExecRoot);
        await using var service = root.CreateService();
        var exits = new ExitProbe(service);
        Assert.Equal(TaskPhase.Running, Assert.Single(await service.RestoreAsync(CancellationToken.None)).Phase);
        var exit = await exits.WaitAsync("c1");
        Assert.Equal((7, true), (exit.ExitCode, exit.ExitCodeKnown));
        Assert.Equal(Lines(200), await LogText.ReadAsync(root.LogPath("c1")));
        await service.DeleteAsync("c1", CancellationToken.None);
    }

    [Fact]
    public async Task Both_killed_and_the_container_too_its_end_is_known_to_be_unknown()
    {
        await using var root = new TestRoot();
        using var engine = RoleProcess.Start("engine", root.Name, "c1", "sh", "-c", "echo hello; printf half; sleep 1000");
        var pid = int.Parse((await engine.ReadLineAsync())!.Split(' ')[1]);
        await Eventually.TrueAsync(() => File.Exists(root.LogPath("c1")) && new FileInfo(root.LogPath("c1")).Length > 0);
        Leftovers.Freeze(Leftovers.MonitorPid(root.ExecRoot));
        await engine.KillAsync();
        Leftovers.KillMonitor(root.ExecRoot);
        _ = Signals.TrySend(pid, Signals.SIGKILL);
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{pid}") || ProcessStat.Read(pid) is null or { IsZombie: true });
        await using var service = root.CreateService();
        var state = Assert.Single(await service.RestoreAsync(CancellationToken.None));

        // While nobody has reaped it, its end can still be read.
        Assert.Contains((state.Exit!.ExitCode, state.Exit.ExitCodeKnown), new[] { (255, false), (137, true) });
        Assert.StartsWith("hello\n", await LogText.ReadAsync(root.LogPath("c1")));
        await service.DeleteAsync("c1", CancellationToken.None);
    }

    [Fact]
    public async Task An_engine_killed_at_any_moment_of_a_start_leaves_a_task_or_nothing()
    {
        await using var root = new TestRoot();
        for (var i = 0; i < 8; i++)
        {
            var id = $"c{i}";
            using var engine = RoleProcess.Start("engine", root.Name, id, "sh", "-c", "echo hello; exit 6");
            await Eventually.TrueAsync(() => Directory.Exists($"{root.ExecRoot}/tasks/{id}"));
            await Task.Delay(i * 3);
            await engine.KillAsync();
            if (i % 2 == 0)
            {
                Leftovers.KillMonitor(root.ExecRoot);
            }

            await using var service = root.CreateService();
            var exits = new ExitProbe(service);
            foreach (var state in await service.RestoreAsync(CancellationToken.None))
            {
                _ = state.Exit ?? await exits.WaitAsync(state.Id);
                await service.DeleteAsync(state.Id, CancellationToken.None);
            }

            Assert.Empty(Directory.GetDirectories($"{root.ExecRoot}/tasks"));
            Assert.Empty(Leftovers.RuntimeStates(root.ExecRoot));
            Assert.Empty(Leftovers.Cgroups(root.CgroupParent));
        }
    }

    [Fact]
    public async Task A_second_engine_is_refused()
    {
        await using var root = new TestRoot();
        await using var first = await root.StartServiceAsync();
        await using var second = root.CreateService();
        var conflict = await Assert.ThrowsAsync<Errors.GantryException>(() => second.RestoreAsync(CancellationToken.None));
        Assert.Equal(Errors.ErrorKind.Conflict, conflict.Kind);
    }

    [Fact]
    public async Task A_stuck_monitor_is_replaced()
    {
        await using var root = new TestRoot { AnswerLimit = TimeSpan.FromSeconds(1) };
        int pid;
        await using (var first = await root.StartServiceAsync())
        {
            pid = (await first.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None)).Pid;
        }

        var stuck = Leftovers.MonitorPid(root.ExecRoot);
        Leftovers.Freeze(stuck);
        await using var second = root.CreateService();
        var state = Assert.Single(await second.RestoreAsync(CancellationToken.None));
        Assert.Equal((pid, TaskPhase.Running), (state.Pid, state.Phase));
        Assert.NotEqual(stuck, Leftovers.MonitorPid(root.ExecRoot));
    }

    [Fact]
    public async Task No_exit_is_lost_when_the_engine_is_slow()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        service.OnExit = async exit =>
        {
            await Task.Delay(20);
            seen[exit.ExecId ?? ""] = exit.ExitCode;
        };
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i =>
            service.ExecAsync(TestBundle.Exec("c1", $"e{i}", "sh", "-c", $"exit {i}"), CancellationToken.None)));
        await Eventually.TrueAsync(() => seen.Count == 60);
        Assert.All(seen, pair => Assert.Equal(pair.Key, $"e{pair.Value}"));
    }
}
