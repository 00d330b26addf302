using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

[Collection(EngineCollection.Name)]
public sealed class RunTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task True_runs_and_leaves_nothing(string client)
    {
        var result = await engine.RunAsync(client, "run", "--rm", "busybox", "true");

        Assert.Equal(new Result(0, "", ""), result);
        Assert.Equal("", (await engine.GantryAsync("ps", "-aq")).Output);
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Output_and_error_stay_apart_and_the_exit_code_is_the_programs(string client)
    {
        var result = await engine.RunAsync(client, "run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 42");

        Assert.Equal(new Result(42, "out\n", "err\n"), result);
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Input_of_a_client_that_wants_nothing_else_waits_for_the_start(string client)
    {
        var program = client == "docker" ? EngineProcess.DockerCli! : Repository.Binary("gantry");
        (await Command.RunAsync(program, ["run", "--name", "fed", "-i", "-a", "stdin", "busybox", "cat"], "fed", engine.Environment)).Succeeded();

        Assert.Equal("0", (await engine.GantryAsync("wait", "fed")).Succeeded().Text);
        Assert.Equal("fed", (await engine.GantryAsync("logs", "fed")).Succeeded().Output);
        (await engine.GantryAsync("rm", "fed")).Succeeded();
    }

    [Fact]
    public async Task Who_joins_a_container_on_the_hosts_network_is_on_it_too()
    {
        (await engine.GantryAsync("run", "-d", "--name", "on-host", "--network", "host", "busybox", "sleep", "1000")).Succeeded();

        Assert.Equal(
            (await engine.GantryAsync("exec", "on-host", "readlink", "/proc/self/ns/net")).Succeeded().Text,
            (await engine.GantryAsync("run", "--rm", "--network", "container:on-host", "busybox", "readlink", "/proc/self/ns/net")).Succeeded().Text);
        (await engine.GantryAsync("run", "--network", "container", "busybox", "true")).Failed("invalid network mode: invalid container format container:<name|id>");
        (await engine.GantryAsync("rm", "-f", "on-host")).Succeeded();
    }

    [Fact]
    public async Task Nothing_is_copied_through_a_link_into_a_read_only_root()
    {
        var file = Path.Combine(engine.Folder, "not-in");
        await File.WriteAllTextAsync(file, "x");
        (await engine.GantryAsync("run", "--name", "ro", "--read-only", "-v", "ro-v:/v", "busybox", "sh", "-c", "ln -s /home /v/out; mkdir /v/in; ln -s in /v/inside")).Succeeded();

        (await engine.GantryAsync("cp", file, "ro:/v/out/")).Failed("container rootfs is marked read-only");
        (await engine.GantryAsync("cp", file, "ro:/v/inside/")).Succeeded();
        (await engine.GantryAsync("rm", "-v", "ro")).Succeeded();
        (await engine.GantryAsync("volume", "rm", "ro-v")).Succeeded();
    }

    [Fact]
    public async Task Files_copied_as_they_are_keep_their_owner_or_get_the_containers_user()
    {
        var file = Path.Combine(engine.Folder, "owned");
        await File.WriteAllTextAsync(file, "x");
        (await Command.RunAsync("chown", ["12:34", file])).Succeeded();

        Assert.Equal("12:34", await OwnerAsync());
        Assert.Equal("65534:65534", await OwnerAsync("--user", "nobody"));
        Assert.Equal("7:0", await OwnerAsync("--user", "7"));

        async Task<string> OwnerAsync(params string[] options)
        {
            var id = (await engine.GantryAsync(["create", .. options, "busybox", "stat", "-c", "%u:%g", "/owned"])).Succeeded().Text;
            (await engine.GantryAsync("cp", "-a", file, id + ":/")).Succeeded();
            var owner = (await engine.GantryAsync("start", "-a", id)).Succeeded().Text;
            (await engine.GantryAsync("rm", id)).Succeeded();
            return owner;
        }
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task A_program_that_is_missing_gives_127(string client)
    {
        var result = await engine.RunAsync(client, "run", "--rm", "busybox", "no-such-program");

        Assert.Equal(127, result.ExitCode);
        Assert.Contains("exec: \"no-such-program\": executable file not found in $PATH", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task A_program_that_may_not_run_gives_126(string client)
    {
        var result = await engine.RunAsync(client, "run", "--rm", "busybox", "/etc/passwd");

        Assert.Equal(126, result.ExitCode);
        Assert.Contains("permission denied", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task An_unknown_flag_gives_125(string client)
    {
        var result = await engine.RunAsync(client, "run", "--no-such-flag", "busybox");

        Assert.Equal(125, result.ExitCode);
        Assert.StartsWith("unknown flag: --no-such-flag", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_gives_128_and_its_number()
    {
        (await engine.GantryAsync("run", "-d", "--name", "killed", "busybox", "sleep", "1000")).Succeeded();
        var waiting = engine.GantryAsync("wait", "killed");

        (await engine.GantryAsync("kill", "killed")).Succeeded();

        Assert.Equal("137", (await waiting).Succeeded().Text);
        (await engine.GantryAsync("rm", "killed")).Succeeded();
    }

    [Fact]
    public async Task Input_is_piped_through_and_ends()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n"));

        var result = await engine.GantryWithInputAsync(text, "run", "--rm", "-i", "busybox", "cat");

        Assert.Equal(new Result(0, text, ""), result);
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Detached_container_is_shown_logged_executed_in_stopped_and_removed(string client)
    {
        var id = (await engine.RunAsync(client, "run", "-d", "--name", "life", "busybox", "sh", "-c", "echo started; trap 'exit 3' TERM; while :; do sleep 0.1; done")).Succeeded().Text;
        Assert.Matches("^[0-9a-f]{64}$", id);
        Assert.Contains("Up ", (await engine.RunAsync(client, "ps", "--format", "{{.ID}} {{.Names}} {{.Status}}")).Succeeded().Text, StringComparison.Ordinal);
        Assert.Equal("started\n", await UntilLoggedAsync(client));

        Assert.Equal(new Result(5, "hello\n", ""), await engine.RunAsync(client, "exec", "-e", "X=hello", "-w", "/tmp", "life", "sh", "-c", "echo $X; exit 5"));
        Assert.Equal("uid=65534(nobody) gid=65534(nogroup)", (await engine.RunAsync(client, "exec", "-u", "nobody", "life", "id")).Succeeded().Text[..36]);

        Assert.Equal("life\n", (await engine.RunAsync(client, "stop", "life")).Succeeded().Output);
        Assert.Equal("exited 3", (await engine.RunAsync(client, "inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "life")).Succeeded().Text);
        Assert.Equal("life\n", (await engine.RunAsync(client, "rm", "life")).Succeeded().Output);
        Assert.Equal(1, (await engine.RunAsync(client, "inspect", "life")).ExitCode);
    }

    [Fact]
    public async Task A_name_in_use_is_a_conflict_in_Dockers_words()
    {
        (await engine.GantryAsync("create", "--name", "taken", "busybox")).Succeeded();
        try
        {
            var result = await engine.GantryAsync("run", "--name", "taken", "busybox");

            Assert.Equal(125, result.ExitCode);
            Assert.Matches("Conflict. The container name \"/taken\" is already in use by container \"[0-9a-f]{64}\". You have to remove \\(or rename\\) that container to be able to reuse that name.", result.Error);
        }
        finally
        {
            (await engine.GantryAsync("rm", "taken")).Succeeded();
        }
    }

    [Theory]
    [InlineData("cat /proc/self/status | grep CapEff", "CapEff:\t00000000a80425fb")]
    [InlineData("grep Seccomp: /proc/self/status", "Seccomp:\t2")]
    [InlineData("hostname", "box")]
    [InlineData("cat /etc/hostname", "box")]
    [InlineData("grep -c box /etc/hosts", "1")]
    [InlineData("echo $$", "1")]
    [InlineData("id -u", "0")]
    [InlineData("echo x > /proc/sys/kernel/hostname 2>/dev/null; echo $?", "1")]
    [InlineData("ls /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx | wc -l", "7")]
    public async Task Containers_get_what_Dockers_get(string script, string expected)
    {
        var result = await engine.GantryAsync("run", "--rm", "--hostname", "box", "busybox", "sh", "-c", script);

        Assert.Equal(expected, result.Succeeded().Text);
    }

    [Fact]
    public async Task The_system_call_filter_holds_for_commands_executed_later_too()
    {
        await engine.GantryAsync("run", "-d", "--name", "filtered", "busybox", "sleep", "1000");
        try
        {
            var own = await engine.GantryAsync("exec", "filtered", "sh", "-c", "grep Seccomp: /proc/self/status; unshare -U true");
            Assert.Contains("Seccomp:\t2", own.Output, StringComparison.Ordinal);
            Assert.Contains("Operation not permitted", own.Error, StringComparison.Ordinal);
        }
        finally
        {
            await engine.GantryAsync("rm", "-f", "filtered");
        }
    }

    [Theory]
    [InlineData("1", "--rm")]
    [InlineData("0")]
    public async Task Only_what_goes_with_the_container_is_kept_off_the_disk(string expected, params string[] flags)
    {
        var result = await engine.GantryAsync(["run", "--name", "light", .. flags, "busybox", "sh", "-c", "grep ' / overlay ' /proc/mounts | grep -c volatile"]);
        await engine.GantryAsync("rm", "-f", "light");

        Assert.Equal(expected, result.Text);
    }

    [Fact]
    public async Task A_container_that_will_remove_itself_can_be_copied_from_and_committed()
    {
        await engine.GantryAsync("run", "-d", "--rm", "--name", "passing", "busybox", "sh", "-c", "echo kept > /f; sleep 1000");
        try
        {
            await engine.GantryAsync("exec", "passing", "sh", "-c", "until [ -s /f ]; do sleep 0.1; done");
            (await engine.GantryAsync("commit", "passing", "passing-image")).Succeeded();
            (await engine.GantryAsync("restart", "-t", "0", "passing")).Succeeded();

            Assert.Equal("kept", (await engine.GantryAsync("run", "--rm", "passing-image", "cat", "/f")).Succeeded().Text);
            Assert.Contains("kept", (await engine.GantryAsync("cp", "passing:/f", "-")).Succeeded().Output, StringComparison.Ordinal);
        }
        finally
        {
            await engine.GantryAsync("rm", "-f", "passing");
            await engine.GantryAsync("rmi", "-f", "passing-image");
        }
    }

    [Fact]
    public async Task Memory_limit_holds_and_shows_as_OOM()
    {
        await engine.GantryAsync("run", "--name", "oom", "--memory", "16m", "--memory-swap", "16m", "busybox", "sh", "-c", "tail /dev/zero");
        try
        {
            Assert.Equal("true 137", (await engine.GantryAsync("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "oom")).Succeeded().Text);
        }
        finally
        {
            await engine.GantryAsync("rm", "-f", "oom");
        }
    }

    [Fact]
    public async Task Read_only_root_refuses_writes()
    {
        var result = await engine.GantryAsync("run", "--rm", "--read-only", "--tmpfs", "/run", "busybox", "sh", "-c", "touch /run/x && touch /x");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Read-only file system", result.Error, StringComparison.Ordinal);
    }

    private async Task<string> UntilLoggedAsync(string client)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var log = (await engine.RunAsync(client, "logs", "life")).Succeeded().Output;
            if (log.Length > 0)
            {
                return log;
            }

            await Task.Delay(20);
        }

        return "";
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task What_the_kernel_does_not_execute_says_so_as_runc_does(string runtime)
    {
        const string Make = "echo nonsense >/no-format && echo '#!/no/such' >/no-interpreter && chmod +x /no-*";
        (await engine.GantryAsync("run", "--name", "rt-made", "busybox", "sh", "-c", Make)).Succeeded();
        (await engine.GantryAsync("commit", "rt-made", "rt-format")).Succeeded();

        var format = await engine.GantryAsync("run", "--name", "rt-bad", "--runtime", runtime, "rt-format", "/no-format");
        var interpreter = await engine.GantryAsync("run", "--rm", "--runtime", runtime, "rt-format", "/no-interpreter");

        Assert.Equal("exec /no-format: exec format error\n", format.Error);
        Assert.Equal("exec /no-interpreter: no such file or directory\n", interpreter.Error);
        Assert.Equal("exec /no-format: exec format error\n", (await engine.GantryAsync("logs", "rt-bad")).Error);

        // runc before 1.2 ended with 1.
        Assert.Contains(format.ExitCode, runtime == "crun" ? [255] : (int[])[255, 1]);
        Assert.Equal($"exited {format.ExitCode}", (await engine.GantryAsync("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "rt-bad")).Text);
        (await engine.GantryAsync("rm", "rt-made", "rt-bad")).Succeeded();
        (await engine.GantryAsync("rmi", "rt-format")).Succeeded();
    }

    [Fact]
    public async Task Runc_answers_to_the_name_of_its_shim()
    {
        (await engine.GantryAsync("run", "--name", "rt-shim", "--network", "none", "--runtime", "io.containerd.runc.v2", "busybox", "true")).Succeeded();
        Assert.Equal("io.containerd.runc.v2", (await engine.GantryAsync("inspect", "-f", "{{.HostConfig.Runtime}}", "rt-shim")).Text);
        Assert.Contains("io.containerd.runc.v2", (await engine.GantryAsync("info", "-f", "{{range $name, $_ := .Runtimes}}{{$name}} {{end}}")).Succeeded().Text, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "rt-shim")).Succeeded();
    }

    [Fact]
    public async Task An_exec_that_the_kernel_does_not_execute_says_so_too()
    {
        (await engine.GantryAsync("run", "-d", "--name", "rt-exec", "busybox", "sh", "-c", "echo nonsense >/no-format && chmod +x /no-format && sleep 1000")).Succeeded();
        await engine.GantryAsync("exec", "rt-exec", "sh", "-c", "until [ -x /no-format ]; do :; done");

        var result = await engine.GantryAsync("exec", "rt-exec", "/no-format");

        Assert.Equal((255, "exec /no-format: exec format error\n"), (result.ExitCode, result.Error));
        (await engine.GantryAsync("rm", "-f", "rt-exec")).Succeeded();
    }
}
