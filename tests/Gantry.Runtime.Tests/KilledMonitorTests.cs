using Gantry.Linux;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

/// <summary>kill -9 of the monitor while an engine lives.</summary>
public class KilledMonitorTests
{
    private static string Lines(int count) => string.Concat(Enumerable.Range(1, count).Select(i => $"{i}\n"));

    [Theory]
    [InlineData("crun", 1)]
    [InlineData("crun", 3)]
    [InlineData("crun", 7)]
    [InlineData("runc", 5)]
    public async Task Containers_go_on_and_no_line_is_lost_or_doubled(string runtime, int pause)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("fast", "sh", "-c", "seq 1 400000; exit 7"), CancellationToken.None);
        await service.StartAsync(root.Bundle("slow", "sh", "-c", "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i; done; exit 8"), CancellationToken.None);
        for (var i = 0; i < 6 && (service.Find("fast")!.Exit is null || service.Find("slow")!.Exit is null); i++)
        {
            await Task.Delay(pause);
            Leftovers.KillMonitor(root.ExecRoot);
            await Eventually.TrueAsync(() => Leftovers.MonitorPid(root.ExecRoot) != 0 || (service.Find("fast")!.Exit ?? service.Find("slow")!.Exit) is not null);
        }

        Assert.Equal((7, true), ((await exits.WaitAsync("fast")).ExitCode, (await exits.WaitAsync("fast")).ExitCodeKnown));
        Assert.Equal((8, true), ((await exits.WaitAsync("slow")).ExitCode, (await exits.WaitAsync("slow")).ExitCodeKnown));
        Assert.Equal(Lines(400_000), await LogText.ReadAsync(root.LogPath("fast")));
        Assert.Equal(Lines(3000), await LogText.ReadAsync(root.LogPath("slow")));
        await service.DeleteAsync("fast", CancellationToken.None);
        await service.DeleteAsync("slow", CancellationToken.None);
    }

    [Fact]
    public async Task Rotated_logs_are_complete_too()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var spec = root.Bundle("c1", "seq", "1", "300000");
        await service.StartAsync(spec with { Log = spec.Log with { MaxSize = 200_000, MaxFiles = 1000 } }, CancellationToken.None);
        for (var i = 0; i < 6; i++)
        {
            await Task.Delay(2);
            Leftovers.KillMonitor(root.ExecRoot);
        }

        await exits.WaitAsync("c1");
        Assert.Equal(Lines(300_000), await LogText.ReadAsync(root.LogPath("c1")));
    }

    [Fact]
    public async Task Stdin_terminals_and_attachments_survive()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var pipe = service.Attach("pipe", null, new AttachOptions { Stdin = true });
        await using var terminal = service.Attach("tty", null, new AttachOptions { Stdin = true, Tty = true });
        await service.StartAsync(root.Bundle("pipe", "cat") with { OpenStdin = true }, CancellationToken.None);
        await service.StartAsync(root.Bundle("tty", config => config["process"]!["terminal"] = true, "sh") with { OpenStdin = true }, CancellationToken.None);
        await pipe.Input.WriteAsync("before\n"u8.ToArray());
        await Attached.ReadUntilAsync(pipe, "before");
        await terminal.Input.WriteAsync("echo one$((1))\n"u8.ToArray());
        await Attached.ReadUntilAsync(terminal, "one1");
        for (var i = 0; i < 3; i++)
        {
            Leftovers.KillMonitor(root.ExecRoot);
            await Eventually.TrueAsync(() => Leftovers.MonitorPid(root.ExecRoot) != 0);
            await WriteUntilTakenAsync(pipe, "after\n");
            await WriteUntilTakenAsync(terminal, "echo two$((2))\n", "two2");
        }

        await using var late = service.Attach("tty", null, new AttachOptions { Stdin = true });
        await service.ResizeAsync("tty", null, 33, 44, CancellationToken.None);
        await late.Input.WriteAsync("stty size; exit 5\n"u8.ToArray());
        await Attached.ReadUntilAsync(late, "33 44");
        await pipe.CloseInputAsync(CancellationToken.None);
        Assert.Equal((5, 0), ((await exits.WaitAsync("tty")).ExitCode, (await exits.WaitAsync("pipe")).ExitCode));
        Assert.EndsWith("after\n", await LogText.ReadAsync(root.LogPath("pipe")));
    }

    [Fact]
    public async Task An_end_while_no_monitor_runs_is_noticed_with_its_code()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "read x; echo last; exit 9") with { OpenStdin = true }, CancellationToken.None);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true, Stdout = false, Stderr = false });
        var monitor = Leftovers.MonitorPid(root.ExecRoot);
        _ = Signals.TrySend(monitor, Signals.SIGSTOP);
        await attachment.Input.WriteAsync("x\n"u8.ToArray());
        await service.KillAsync("c1", null, 9, CancellationToken.None);
        _ = Signals.TrySend(monitor, Signals.SIGKILL);
        var exit = await exits.WaitAsync("c1");
        Assert.Equal((137, true), (exit.ExitCode, exit.ExitCodeKnown));
    }

    [Fact]
    public async Task Execs_go_on()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        await using var attachment = service.Attach("c1", "e1", new AttachOptions { Stdin = true });
        await service.ExecAsync(TestBundle.Exec("c1", "e1", "sh", "-c", "read x; echo $x; exit 4") with { OpenStdin = true }, CancellationToken.None);
        Leftovers.KillMonitor(root.ExecRoot);
        await Eventually.TrueAsync(() => Leftovers.MonitorPid(root.ExecRoot) != 0);
        await attachment.Input.WriteAsync("hello\n"u8.ToArray());
        Assert.Equal(4, (await exits.WaitAsync("c1", "e1")).ExitCode);
    }

    [Fact]
    public async Task A_start_cut_short_either_works_or_leaves_nothing()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var started = 0;
        var failures = new List<string>();
        for (var i = 0; i < 16; i++)
        {
            // A monitor that is at work, not one that is just coming up or was killed a moment ago.
            await Eventually.TrueAsync(() => i == 0 || Leftovers.MonitorPid(root.ExecRoot) != 0);
            await service.StartAsync(root.Bundle($"warm{i}", "true"), CancellationToken.None);
            await exits.WaitAsync($"warm{i}");
            await service.DeleteAsync($"warm{i}", CancellationToken.None);
            var id = $"c{i}";
            var start = service.StartAsync(root.Bundle(id, "sh", "-c", "echo hello; sleep 0.4; exit 6"), CancellationToken.None);
            // The last ones give a busy machine the time to get through a start.
            await Task.Delay(i < 12 ? i : 50 << (2 * (i - 12)));
            Leftovers.KillMonitor(root.ExecRoot);
            try
            {
                await start;
                started++;
                Assert.Equal(6, (await exits.WaitAsync(id)).ExitCode);
                Assert.Equal("hello\n", await LogText.ReadAsync(root.LogPath(id)));
                await service.DeleteAsync(id, CancellationToken.None);
            }
            catch (Errors.GantryException e)
            {
                Assert.Equal(Errors.ErrorKind.Unavailable, e.Kind);
                failures.Add($"{i}: {e.Message}");
            }
        }

        Assert.True(started > 0, string.Join("; ", failures));
        Assert.Empty(Directory.GetDirectories($"{root.ExecRoot}/tasks"));
        Assert.Empty(Leftovers.Processes("sleep\0" + "0.4"));
        Assert.Empty(Leftovers.Processes(root.ExecRoot + "/tasks"));
        Assert.Empty(Leftovers.RuntimeStates(root.ExecRoot));
        Assert.Empty(Leftovers.Cgroups(root.CgroupParent));
    }

    [Fact]
    public async Task Descriptors_do_not_add_up()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        async Task RoundAsync(string id)
        {
            await using var attachment = service.Attach(id, null, new AttachOptions { Stdin = true });
            await service.StartAsync(root.Bundle(id, "cat") with { OpenStdin = true }, CancellationToken.None);
            await using var exec = service.Attach(id, "e1", new AttachOptions());
            await service.ExecAsync(TestBundle.Exec(id, "e1", "echo", "x"), CancellationToken.None);
            await Attached.ReadAllAsync(exec);
            Leftovers.KillMonitor(root.ExecRoot);
            await attachment.CloseInputAsync(CancellationToken.None);
            await exits.WaitAsync(id);
            await Attached.ReadAllAsync(attachment);
            await service.DeleteAsync(id, CancellationToken.None);
        }

        await RoundAsync("warm1");
        await RoundAsync("warm2");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var engine = Leftovers.OpenDescriptors(Environment.ProcessId);
        var monitor = Leftovers.OpenDescriptors(Leftovers.MonitorPid(root.ExecRoot));
        for (var i = 0; i < 10; i++)
        {
            await RoundAsync($"c{i}");
        }

        await Eventually.TrueAsync(() => Leftovers.OpenDescriptors(Leftovers.MonitorPid(root.ExecRoot)) <= monitor);

        // Other tests run beside this one; ten rounds with a leak would show as ten and more.
        await Eventually.TrueAsync(() => Leftovers.OpenDescriptors(Environment.ProcessId) < engine + 8);
    }

    private static async Task WriteUntilTakenAsync(IAttachment attachment, string text, string? answer = null)
    {
        // What is in the killed monitor's hands is gone with it, as keys typed into a terminal whose line drops; a user types again.
        for (var tries = 0; ; tries++)
        {
            await attachment.Input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));
            try
            {
                await Attached.ReadUntilAsync(attachment, answer ?? text.TrimEnd()).WaitAsync(TimeSpan.FromSeconds(2));
                return;
            }
            catch (TimeoutException) when (tries < 5)
            {
            }
        }
    }
}
