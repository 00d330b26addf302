using System.Text.Json.Nodes;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

public class RunTests
{
    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task A_process_runs_is_logged_and_its_exit_code_arrives(string runtime)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions());
        var state = await service.StartAsync(root.Bundle("c1", "sh", "-c", "echo out; echo err >&2; exit 3"), CancellationToken.None);
        Assert.True(state.Pid > 1);
        var exit = await exits.WaitAsync("c1");
        Assert.Equal(TaskPhase.Exited, service.Find("c1")!.Phase);
        Assert.Equal((3, true, false), (exit.ExitCode, exit.ExitCodeKnown, exit.OomKilled));
        Assert.InRange(exit.ExitedAt, state.StartedAt, DateTimeOffset.UtcNow);
        Assert.Equal(("out\n", "err\n"), await Attached.ReadAllAsync(attachment));
        Assert.Equal("""{"log":"out\n","stream":"stdout",""", (await File.ReadAllLinesAsync(root.LogPath("c1"))).Single(l => l.Contains("out\\n"))[..33]);
        await service.DeleteAsync("c1", CancellationToken.None);
        await service.DeleteAsync("c1", CancellationToken.None);
        Assert.Null(service.Find("c1"));
        Assert.Empty(Directory.GetDirectories($"{root.ExecRoot}/tasks"));
        Assert.Empty(Leftovers.RuntimeStates(root.ExecRoot));
    }

    [Theory]
    [InlineData("crun", "nosuch", 127, "exec: \"nosuch\": executable file not found in $PATH: unknown")]
    [InlineData("runc", "nosuch", 127, "exec: \"nosuch\": executable file not found in $PATH: unknown")]
    [InlineData("crun", "/nosuch", 127, "exec: \"/nosuch\": stat /nosuch: no such file or directory: unknown")]
    [InlineData("runc", "/nosuch", 127, "exec: \"/nosuch\": stat /nosuch: no such file or directory: unknown")]
    [InlineData("crun", "/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied: unknown")]
    [InlineData("runc", "/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied: unknown")]
    [InlineData("crun", "/etc", 126, "exec: \"/etc\": is a directory: permission denied: unknown")]
    public async Task A_process_that_cannot_be_started_gives_dockers_error(string runtime, string program, int code, string end)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        await using var attachment = service.Attach("c1", null, new AttachOptions());
        var error = await Assert.ThrowsAsync<Errors.GantryException>(() => service.StartAsync(root.Bundle("c1", program), CancellationToken.None));
        Assert.StartsWith("failed to create task for container: failed to create shim task: OCI runtime create failed: ", error.Message);
        Assert.EndsWith(end, error.Message);
        Assert.Equal(code, TaskStartError.ExitCodeOf(error));
        Assert.Equal(("", ""), await Attached.ReadAllAsync(attachment));
        Assert.Null(service.Find("c1"));
        Assert.Empty(Directory.GetDirectories($"{root.ExecRoot}/tasks"));
        Assert.False(File.Exists(root.LogPath("c1")));

        // The id can be used again.
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "true"), CancellationToken.None);
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
    }

    [Fact]
    public async Task An_unknown_runtime_and_a_bad_id_are_refused()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var spec = root.Bundle("c1", "true");
        await Assert.ThrowsAsync<Errors.GantryException>(() => service.StartAsync(spec with { RuntimeName = "nope" }, CancellationToken.None));
        await Assert.ThrowsAsync<Errors.GantryException>(() => service.StartAsync(spec with { Id = "../x" }, CancellationToken.None));
        await Assert.ThrowsAsync<Errors.GantryException>(() => service.StartAsync(spec with { Id = "--version" }, CancellationToken.None));
    }

    [Fact]
    public async Task An_id_in_use_is_a_conflict_and_a_running_task_is_not_deleted()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var spec = root.Bundle("c1", "sleep", "100");
        await service.StartAsync(spec, CancellationToken.None);
        var conflict = await Assert.ThrowsAsync<Errors.GantryException>(() => service.StartAsync(spec, CancellationToken.None));
        Assert.Equal(Errors.ErrorKind.Conflict, conflict.Kind);
        conflict = await Assert.ThrowsAsync<Errors.GantryException>(() => service.DeleteAsync("c1", CancellationToken.None));
        Assert.Equal(Errors.ErrorKind.Conflict, conflict.Kind);
    }

    [Theory]
    [InlineData(9, 137)]
    [InlineData(15, 143)]
    [InlineData(2, 130)]
    public async Task Signals_reach_init(int signal, int code)
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions());

        // Init of a pid namespace takes only signals it has a handler for (and SIGKILL).
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "trap 'exit 143' TERM; trap 'exit 130' INT; echo ready; while :; do usleep 10000; done"), CancellationToken.None);
        await Attached.ReadUntilAsync(attachment, "ready");
        await service.KillAsync("c1", null, signal, CancellationToken.None);
        Assert.Equal(code, (await exits.WaitAsync("c1")).ExitCode);
        var gone = await Assert.ThrowsAsync<Errors.GantryException>(() => service.KillAsync("c1", null, signal, CancellationToken.None));
        Assert.Equal(Errors.ErrorKind.NotFound, gone.Kind);
    }

    [Fact]
    public async Task Processes_that_share_the_hosts_pids_end_with_init()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var spec = root.Bundle("c1", config => RemoveNamespace(config, "pid"), "sh", "-c", "sleep 1234 & sleep 1234 & exit 5");
        await service.StartAsync(spec with { SharedPidNamespace = true }, CancellationToken.None);
        Assert.Equal(5, (await exits.WaitAsync("c1")).ExitCode);
        await service.DeleteAsync("c1", CancellationToken.None);
        Assert.Empty(Leftovers.Processes("sleep\0" + "1234"));
    }

    [Fact]
    public async Task All_processes_can_be_signalled_and_listed()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions());
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "sleep 1000 & sleep 1000 & echo ready; wait"), CancellationToken.None);
        await Attached.ReadUntilAsync(attachment, "ready");
        Assert.Equal(3, (await service.PidsAsync("c1", CancellationToken.None)).Count);
        await service.KillAllAsync("c1", 9, CancellationToken.None);
        Assert.Equal(137, (await exits.WaitAsync("c1")).ExitCode);
    }

    [Fact]
    public async Task A_long_exec_root_is_no_obstacle()
    {
        // Socket addresses hold 107 bytes.
        await using var root = new TestRoot { ExecRootName = string.Join('/', Enumerable.Repeat("a-long-directory-name", 8)) };
        Directory.CreateDirectory(Path.GetDirectoryName(root.ExecRoot)!);
        await using (var service = await root.StartServiceAsync())
        {
            await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true, Tty = true });
            await service.StartAsync(root.Bundle("c1", config => config["process"]!["terminal"] = true, "sh") with { OpenStdin = true }, CancellationToken.None);
            await attachment.Input.WriteAsync("echo $((40+2))\n"u8.ToArray());
            await Attached.ReadUntilAsync(attachment, "42");
        }

        await using var second = root.CreateService();
        Assert.Equal(TaskPhase.Running, Assert.Single(await second.RestoreAsync(CancellationToken.None)).Phase);
    }

    [Fact]
    public async Task A_daemonised_descendant_is_reaped()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var monitor = Leftovers.MonitorPid(root.ExecRoot);
        var spec = root.Bundle("c1", config => RemoveNamespace(config, "pid"), "sh", "-c", "(sh -c 'usleep 1000' &) ; sleep 0.2");
        await service.StartAsync(spec with { SharedPidNamespace = true }, CancellationToken.None);
        await exits.WaitAsync("c1");
        Assert.DoesNotContain("Z", Leftovers.Children(monitor).Select(child => child.State.ToString()));
    }

    private static void RemoveNamespace(JsonObject config, string type)
    {
        var namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.First(entry => entry!["type"]!.GetValue<string>() == type));
    }
}
