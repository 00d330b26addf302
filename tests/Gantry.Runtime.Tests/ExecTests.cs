using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

public class ExecTests
{
    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task Execs_run_side_by_side_with_their_own_output_and_exit_code(string runtime)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        var runs = Enumerable.Range(0, 8).Select(async i =>
        {
            await using var attachment = service.Attach("c1", $"e{i}", new AttachOptions());
            await service.ExecAsync(TestBundle.Exec("c1", $"e{i}", "sh", "-c", $"echo out{i}; echo err{i} >&2; exit {i}"), CancellationToken.None);
            Assert.Equal(($"out{i}\n", $"err{i}\n"), await Attached.ReadAllAsync(attachment));
            Assert.Equal(i, (await exits.WaitAsync("c1", $"e{i}")).ExitCode);
        });
        await Task.WhenAll(runs);
        Assert.False(File.Exists(root.LogPath("c1")) && new FileInfo(root.LogPath("c1")).Length > 0);
        await Eventually.TrueAsync(() => Directory.GetDirectories($"{root.ExecRoot}/tasks/c1/exec").Length == 0);
        Assert.Null(service.Find("c1", "e0"));
    }

    [Theory]
    [InlineData("crun", "nosuch", 127, "exec: \"nosuch\": executable file not found in $PATH: unknown")]
    [InlineData("runc", "nosuch", 127, "exec: \"nosuch\": executable file not found in $PATH: unknown")]
    [InlineData("crun", "/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied: unknown")]
    [InlineData("runc", "/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied: unknown")]
    public async Task An_exec_that_cannot_be_started_gives_dockers_error(string runtime, string program, int code, string end)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        var error = await Assert.ThrowsAsync<Errors.GantryException>(() => service.ExecAsync(TestBundle.Exec("c1", "e1", program), CancellationToken.None));
        Assert.Equal($"OCI runtime exec failed: exec failed: unable to start container process: {end}", error.Message);
        Assert.Equal(code, TaskStartError.ExitCodeOf(error));
        Assert.Null(service.Find("c1", "e1"));
        Assert.Empty(Directory.GetDirectories($"{root.ExecRoot}/tasks/c1/exec"));
    }

    [Fact]
    public async Task What_an_exec_leaves_in_the_background_is_not_held_up()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var container = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "read x; [ -e /proc/self ] && cat /tmp/done") with { OpenStdin = true }, CancellationToken.None);
        await using var attachment = service.Attach("c1", "e1", new AttachOptions());
        await service.ExecAsync(TestBundle.Exec("c1", "e1", "sh", "-c", "(usleep 100000; seq 1 100000; echo finished > /tmp/done) & echo here"), CancellationToken.None);
        Assert.Equal("here\n", (await Attached.ReadAllAsync(attachment)).Stdout);
        await exits.WaitAsync("c1", "e1");
        await Eventually.TrueAsync(() => File.Exists($"{root.RootFs}/tmp/done") && new FileInfo($"{root.RootFs}/tmp/done").Length > 0);
    }

    [Fact]
    public async Task An_exec_ends_with_its_container()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        await service.ExecAsync(TestBundle.Exec("c1", "e1", "sleep", "1000"), CancellationToken.None);
        await service.KillAsync("c1", null, 9, CancellationToken.None);
        Assert.Equal(137, (await exits.WaitAsync("c1", "e1")).ExitCode);
        Assert.Equal(137, (await exits.WaitAsync("c1")).ExitCode);
        await service.DeleteAsync("c1", CancellationToken.None);
    }

    [Fact]
    public async Task An_exec_can_be_killed_alone()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        await service.ExecAsync(TestBundle.Exec("c1", "e1", "sleep", "1000") with { OpenOutput = false }, CancellationToken.None);
        await service.KillAsync("c1", "e1", 15, CancellationToken.None);
        Assert.Equal(143, (await exits.WaitAsync("c1", "e1")).ExitCode);
        Assert.Equal(TaskPhase.Running, service.Find("c1")!.Phase);
    }

    [Fact]
    public async Task Exec_in_what_does_not_run_is_refused()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var missing = await Assert.ThrowsAsync<Errors.GantryException>(() => service.ExecAsync(TestBundle.Exec("c1", "e1", "true"), CancellationToken.None));
        Assert.Equal(Errors.ErrorKind.NotFound, missing.Kind);
        await service.StartAsync(root.Bundle("c1", "true"), CancellationToken.None);
        await exits.WaitAsync("c1");
        var ended = await Assert.ThrowsAsync<Errors.GantryException>(() => service.ExecAsync(TestBundle.Exec("c1", "e1", "true"), CancellationToken.None));
        Assert.Equal(Errors.ErrorKind.Conflict, ended.Kind);
    }
}
