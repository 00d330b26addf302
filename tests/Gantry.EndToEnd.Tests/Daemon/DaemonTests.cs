using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary>gantryd as operators run it.</summary>
public sealed class DaemonTests
{
    [Theory]
    [InlineData("{}", "configuration OK")]
    [InlineData("{\"foo\":1,\"bar\":2}", "the following directives don't match any configuration option: bar, foo")]
    [InlineData("{\"debug\":\"x\"}", "\"debug\" has a value of the wrong type")]
    [InlineData("{\"hosts\":[\"unix:///tmp/z\"]}", "the following directives are specified both as a flag and in the configuration file: hosts: (from flag: unix:///x, from file: unix:///tmp/z)")]
    [InlineData("{\"log-level\":\"loud\"}", "invalid logging level: loud")]
    [InlineData("{\"log-format\":\"xml\"}", "invalid logging format: xml")]
    [InlineData("{\"labels\":[\"a\"]}", "bad attribute format: a")]
    [InlineData("{\"labels\":[\"a=b\",\"a=c\"]}", "conflict labels for a=c and a=b")]
    [InlineData("{\"dns\":[\"1.2.3.x\"]}", "IP address is not correctly formatted: 1.2.3.x")]
    [InlineData("{\"bip\":\"300.0.0.1/24\"}", "invalid CIDR address: 300.0.0.1/24")]
    [InlineData("{\"mtu\":-5}", "invalid default MTU: -5")]
    [InlineData("{\"registry-mirrors\":[\"ftp://x\"]}", "ftp")]
    [InlineData("{\"default-runtime\":\"none\"}", "specified default runtime 'none' does not exist")]
    [InlineData("{\"runtimes\":{\"runc\":{\"path\":\"my-runc\"}}}", "runtime name 'runc' is reserved")]
    [InlineData("{\"runtimes\":{\"crun\":{\"path\":\"my-crun\"}}}", "configuration OK")]
    [InlineData("{\"proxies\":{\"http-proxy\":\"http://u:p@proxy.example\",\"no-proxy\":\"a.example\"}}", "configuration OK")]
    [InlineData("{\"proxies\":{\"ftp-proxy\":\"x\"}}", "the following directives don't match any configuration option: ftp-proxy")]
    [InlineData("{\"features\":{\"buildkit\":true},\"live-restore\":false,\"shutdown-timeout\":20,\"no-new-privileges\":true}", "configuration OK")]
    [InlineData("{\"features\":{\"buildkit\":\"maybe\"}}", "invalid boolean value for buildkit: maybe")]
    [InlineData("{\"features\":{\"containerd-snapshotter\":true}}", "feature containerd-snapshotter=true is not available in this version: there is no containerd")]
    [InlineData("{\"containerd\":\"/run/containerd/containerd.sock\",\"containerd-namespace\":\"a\",\"containerd-plugin-namespace\":\"b\"}", "configuration OK")]
    [InlineData("{\"experimental\":true,\"oom-score-adjust\":-500,\"storage-opts\":[\"overlay2.override_kernel_check=true\"]}", "configuration OK")]
    [InlineData("{\"max-concurrent-uploads\":null,\"labels\":null,\"raw-logs\":true}", "configuration OK")]
    [InlineData("{\"default-ipc-mode\":\"host\"}", "IPC mode \"host\" is not supported as default value; use \"shareable\" or \"private\"")]
    [InlineData("{\"default-ipc-mode\":\"container:123\"}", "IPC mode \"container:123\" is not supported as default value; use \"shareable\" or \"private\"")]
    [InlineData("{\"default-ipc-mode\":\"nosuchmode\"}", "default IPC mode setting (nosuchmode) is invalid; use \"shareable\" or \"private\"")]
    [InlineData("{\"default-cgroupns-mode\":\"x\"}", "invalid default cgroup namespace (x): use \"host\" or \"private\"")]
    [InlineData("{\"tlsverify\":false,\"tlscert\":\"/nowhere/c\"}", "invalid TLS configuration: could not load X509 key pair (cert: \"/nowhere/c\", key: \"")]
    [InlineData("{\"oom-score-adjust\":-1001}", "invalid oom-score-adjust: -1001: it must be between -1000 and 1000")]
    [InlineData("{\"builder\":{\"gc\":{\"enabled\":true,\"defaultKeepStorage\":\"20GB\"}}}", "configuration OK")]
    [InlineData("{\"builder\":{\"GC\":{\"policy\":[{\"keepStorage\":\"1GB\",\"filter\":[\"unused-for=48h\"]},{\"all\":true,\"maxUsedSpace\":\"2GB\"}]},\"History\":{\"maxAge\":\"1h\",\"maxEntries\":5}}}", "configuration OK")]
    [InlineData("{\"builder\":{\"gc\":{\"defaultReservedSpace\":\"much\"}}}", "failed to parse defaultRESERVEDSPACE: invalid size: 'much'")]
    [InlineData("{\"builder\":{\"gc\":{\"policy\":[{\"filter\":[\"until=soon\"]}]}}}", "failed to parse value as time or duration: \"soon\"")]
    [InlineData("{\"builder\":{\"gc\":{\"enabled\":\"yes\"}}}", "\"builder.gc.enabled\" has a value of the wrong type")]
    [InlineData("{\"builder\":{\"cache\":{}}}", "\"builder.cache\" is not available in this version")]
    [InlineData("{\"storage-opts\":[\"overlay2.size=1G\"]}", "--storage-opt=overlay2.size=1G is not available in this version")]
    public async Task The_file_is_checked(string file, string answer)
    {
        await using var daemon = new ScratchDaemon();
        File.WriteAllText($"{daemon.Folder}/daemon.json", file);

        var result = await daemon.RunAsync(Repository.Binary("gantryd"), "--config-file", $"{daemon.Folder}/daemon.json", "--validate", "-H", "unix:///x");

        Assert.Equal(answer == "configuration OK" ? 0 : 1, result.ExitCode);
        Assert.Contains(answer, result.Output + result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "configuration OK", "--feature", "cdi")]
    [InlineData(0, "configuration OK", "--feature=cdi=false", "--feature", "buildkit")]
    [InlineData(1, "invalid boolean value for cdi: maybe", "--feature", "cdi=maybe")]
    [InlineData(1, "failed to start daemon: You specified -b & --bip, mutually exclusive options. Please specify only one", "--bridge", "br9", "--bip", "1.1.1.1/24")]
    [InlineData(1, "failed to start daemon: You specified -b & --bip", "--bridge", "br9", "--bip", "1.1.1.1")]
    [InlineData(1, "failed to start daemon: You specified --iptables=false with --icc=false", "--iptables=false", "--icc=false")]
    [InlineData(1, "feature containerd-snapshotter=true is not available in this version", "--feature", "containerd-snapshotter")]
    public async Task Flags_are_checked(int exitCode, string answer, params string[] flags)
    {
        await using var daemon = new ScratchDaemon();

        var result = await daemon.RunAsync(Repository.Binary("gantryd"), [.. flags, "--validate"]);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(answer, result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_finds_its_folder_on_a_mount_of_a_namespace_that_nobody_else_is_in()
    {
        await using var daemon = new ScratchDaemon();
        var folder = Directory.CreateDirectory($"{daemon.Folder}/m").FullName;

        // As a service manager does that gives its services mounts of their own.
        var process = await daemon.StartAsync(
            "unshare",
            ["-m", "--propagation", "slave", "sh", "-c", $"mount --bind {Repository.Binaries} {folder} && exec {folder}/gantryd \"$@\"", "x", .. daemon.Roots, "-H", daemon.Socket]);

        Assert.Equal($"{folder}/gantryd", File.ResolveLinkTarget($"/proc/{process.Id}/exe", returnFinalTarget: false)?.FullName);
        (await daemon.GantryAsync("-H", daemon.Socket, "version")).Succeeded();
    }

    [Fact]
    public async Task SIGINT_ends_it_also_where_a_script_started_it_in_the_background()
    {
        await using var daemon = new ScratchDaemon();

        // A shell without job control gives its background programs SIGINT ignored.
        var process = await daemon.StartAsync("sh", ["-c", "trap '' INT; exec \"$@\"", "x", Repository.Binary("gantryd"), .. daemon.Roots, "-H", daemon.Socket]);
        await ScratchDaemon.SignalAsync(process, "INT");

        Assert.True(process.WaitForExit(10_000));
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("{}", "2")]
    [InlineData("{\"features\":{\"buildkit\":true}}", "2")]
    [InlineData("{\"features\":{\"buildkit\":false}}", "1")]
    public async Task Clients_are_told_which_builder_to_take(string file, string version)
    {
        await using var daemon = new ScratchDaemon();
        File.WriteAllText($"{daemon.Folder}/daemon.json", file);
        await daemon.StartAsync("-H", daemon.Socket, "--config-file", $"{daemon.Folder}/daemon.json");

        var head = await daemon.RunAsync("curl", "-sI", "--unix-socket", $"{daemon.Folder}/s", "http://x/_ping");

        Assert.Contains($"Builder-Version: {version}", head.Succeeded().Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Its_figures_are_served_where_prometheus_looks()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket, "--metrics-addr", "127.0.0.1:19323");
        (await daemon.GantryAsync("-H", daemon.Socket, "import", Repository.BusyboxTar, "busybox:latest")).Succeeded();
        (await daemon.GantryAsync("-H", daemon.Socket, "create", "--name", "mt-one", "busybox", "/bin/true")).Succeeded();
        (await daemon.GantryAsync("-H", daemon.Socket, "start", "-a", "mt-one")).Succeeded();

        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri("http://127.0.0.1:19323/metrics"));

        Assert.Contains("engine_daemon_container_actions_seconds_count{action=\"create\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("engine_daemon_container_actions_seconds_bucket{action=\"start\",le=\"+Inf\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("engine_daemon_container_actions_seconds_count{action=\"delete\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("engine_daemon_container_states_containers{state=\"stopped\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("engine_daemon_network_actions_seconds_count{action=\"allocate\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("graphdriver=\"overlay2\"", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^(# (HELP|TYPE) |[a-z_]+(\\{.*\\})? [0-9.e+-]+$)", line));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync(new Uri("http://127.0.0.1:19323/"))).StatusCode);
    }

    [Fact]
    public async Task An_address_that_is_none_ends_it()
    {
        await using var daemon = new ScratchDaemon();

        var result = await daemon.RunAsync(Repository.Binary("gantryd"), [.. daemon.Roots, "-H", daemon.Socket, "--metrics-addr", "nowhere"]);

        result.Failed("failed to start metrics server: listen tcp: address nowhere: missing port in address");
    }

    [Fact]
    public async Task What_has_no_effect_is_accepted_and_said()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket, "--containerd=/run/containerd/containerd.sock", "--containerd-namespace", "x", "--userland-proxy", "-s", "overlay2");

        Assert.Contains("--containerd has no effect: there is no containerd", daemon.Log, StringComparison.Ordinal);
        Assert.Contains("--containerd-namespace has no effect: there is no containerd", daemon.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("--userland-proxy has", daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proxies_are_used_and_shown_without_credentials()
    {
        await using var daemon = new ScratchDaemon();
        using var proxy = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        proxy.Start();
        var asked = AnswerOnceAsync(proxy);
        var process = await daemon.StartAsync("-H", daemon.Socket, "--http-proxy", "http://user:secret@web.example", "--https-proxy", $"http://{proxy.LocalEndpoint}");

        Assert.Equal(
            $"http://xxxxx:xxxxx@web.example http://{proxy.LocalEndpoint}",
            (await daemon.GantryAsync("-H", daemon.Socket, "info", "-f", "{{.HTTPProxy}} {{.HTTPSProxy}}")).Succeeded().Text);
        Assert.NotEqual(0, (await daemon.GantryAsync("-H", daemon.Socket, "pull", "registry.example:5000/a")).ExitCode);
        Assert.StartsWith("CONNECT registry.example:5000 ", await asked, StringComparison.Ordinal);

        await ScratchDaemon.SignalAsync(process, "HUP");
        await daemon.UntilAsync(() => daemon.Log.Contains("Reloaded configuration", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_new_privileges_is_for_containers_that_do_not_say()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket, "--no-new-privileges");
        Task<Result> Run(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        (await Run("import", Repository.BusyboxTar, "bb")).Succeeded();

        Assert.Contains("name=no-new-privileges", (await Run("info", "-f", "{{.SecurityOptions}}")).Succeeded().Text, StringComparison.Ordinal);
        Assert.Equal("NoNewPrivs:\t1", (await Run("run", "--rm", "--network", "none", "bb", "/bin/grep", "NoNewPrivs", "/proc/self/status")).Succeeded().Text);
        Assert.Equal(
            "NoNewPrivs:\t0",
            (await Run("run", "--rm", "--network", "none", "--security-opt", "no-new-privileges=false", "bb", "/bin/grep", "NoNewPrivs", "/proc/self/status")).Succeeded().Text);
    }

    /// <summary>Takes one connection, refuses what it asks and returns the first line of that.</summary>
    private static async Task<string> AnswerOnceAsync(System.Net.Sockets.TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var reader = new StreamReader(client.GetStream());
        var line = await reader.ReadLineAsync() ?? string.Empty;
        await client.GetStream().WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        return line;
    }

    [Fact]
    public async Task Defaults_for_containers_are_shown_and_its_own_score_is_not_theirs()
    {
        await using var daemon = new ScratchDaemon();
        var engine = await daemon.StartAsync("-H", daemon.Socket, "--default-ulimit", "nofile=1000:2000", "--default-ulimit", "core=0", "--oom-score-adjust", "300");
        Assert.Equal("300", File.ReadAllText($"/proc/{engine.Id}/oom_score_adj").Trim());
        Task<Result> Gantry(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        (await Gantry("import", Repository.BusyboxTar, "b:1")).Succeeded();

        var score = await Gantry("run", "--name", "own", "--ulimit", "nofile=50:60", "b:1", "sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj");

        // What is started later inherits from the monitor too.
        (await Gantry("run", "-d", "--name", "later", "b:1", "sleep", "1000")).Succeeded();
        Assert.Equal("0", (await Gantry("exec", "later", "cat", "/proc/self/oom_score_adj")).Succeeded().Text);
        Assert.Equal("0", (await Gantry("exec", "later", "cat", "/proc/1/oom_score_adj")).Succeeded().Text);
        (await Gantry("rm", "-f", "later")).Succeeded();

        Assert.Equal("50 60 0 0", string.Join(' ', score.Succeeded().Text.Split('\n', StringSplitOptions.TrimEntries)));
        const string Limits = "{{range .HostConfig.Ulimits}}{{.Name}}={{.Soft}}:{{.Hard}} {{end}}";
        Assert.Equal("nofile=50:60 core=0:0", (await Gantry("inspect", "-f", Limits, "own")).Succeeded().Text.Trim());
        Assert.Equal("[nofile=50:60 core=0:0]", (await Gantry("inspect", "-f", "{{.HostConfig.Ulimits}}", "own")).Succeeded().Text);
        (await Gantry("create", "--name", "plain", "b:1", "sh")).Succeeded();
        Assert.Equal("nofile=1000:2000 core=0:0", (await Gantry("inspect", "-f", Limits, "plain")).Succeeded().Text.Trim());
    }

    [Theory]
    [InlineData("/nowhere/vm", "OCI runtime create failed: fork/exec /nowhere/vm: no such file or directory")]
    [InlineData("no-such-vm", "OCI runtime create failed: exec: \"no-such-vm\": executable file not found in $PATH")]
    public async Task A_runtime_that_is_not_there_is_named_by_the_containers_that_want_it(string path, string message)
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket, "--add-runtime", $"vm={path}");
        (await daemon.GantryAsync("-H", daemon.Socket, "import", Repository.BusyboxTar, "b:1")).Succeeded();

        Assert.Equal(127, (await daemon.GantryAsync("-H", daemon.Socket, "run", "--runtime", "vm", "b:1", "true")).Failed(message).ExitCode);
    }

    [Fact]
    public async Task A_port_that_it_listens_on_is_allocated()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket, "-H", "tcp://localhost:23764", "-H", "tcp://0.0.0.0:23765", "--metrics-addr", "127.0.0.1:23766", "--tls=false");
        (await daemon.GantryAsync("-H", daemon.Socket, "import", Repository.BusyboxTar, "b:1")).Succeeded();

        foreach (var port in new[] { "127.0.0.1:23764", "0.0.0.0:23765", "127.0.0.1:23766" })
        {
            (await daemon.GantryAsync("-H", daemon.Socket, "run", "-p", $"{port}:80", "b:1", "true")).Failed($"Bind for {port} failed: port is already allocated");
        }
    }

    [Theory]
    [InlineData("--raw-logs=false", true)]
    [InlineData("--raw-logs", false)]
    public async Task On_a_terminal_its_log_has_colors(string flag, bool colored)
    {
        await using var daemon = new ScratchDaemon();

        // script(1) gives the program a terminal; this engine ends by itself, as it has nowhere to show its figures.
        var line = string.Join(' ', [Repository.Binary("gantryd"), .. daemon.Roots, flag, "-H", "tcp://127.0.0.1:23767", "-H", daemon.Socket, "--metrics-addr", "nowhere"]);
        var shown = (await daemon.RunAsync("script", "-qec", line, "/dev/null")).Output;

        Assert.Contains("Binding to IP address without --tlsverify is insecure", shown, StringComparison.Ordinal);
        Assert.Equal(colored, shown.Contains("\e[33mWARN\e[0m[", StringComparison.Ordinal));
        Assert.Equal(!colored, shown.Contains("level=warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_engine_is_refused_on_the_same_roots()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket);
        var f = daemon.Folder;

        (await daemon.RunAsync(Repository.Binary("gantryd"), "--data-root", $"{f}/d", "--exec-root", $"{f}/r2", "--pidfile", $"{f}/p2", "-H", $"unix://{f}/s2"))
            .Failed($"another engine uses the data root {f}/d");
        (await daemon.RunAsync(Repository.Binary("gantryd"), "--data-root", $"{f}/d2", "--exec-root", $"{f}/r", "--pidfile", $"{f}/p2", "-H", $"unix://{f}/s2"))
            .Failed($"another engine uses {f}/r");
        (await daemon.RunAsync(Repository.Binary("gantryd"), "--data-root", $"{f}/d2", "--exec-root", $"{f}/r2", "--pidfile", $"{f}/p", "-H", $"unix://{f}/s2"))
            .Failed($"ensure docker is not running or delete {f}/p: process with PID ");
    }

    [Fact]
    public async Task Hangup_takes_the_file_again_and_says_so()
    {
        await using var daemon = new ScratchDaemon();
        var file = $"{daemon.Folder}/daemon.json";
        File.WriteAllText(file, """{"labels":["a=1"]}""");
        var process = await daemon.StartAsync("-H", daemon.Socket, "--config-file", file, "--log-format", "json");
        Assert.StartsWith("{", daemon.Log, StringComparison.Ordinal);
        var since = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        File.WriteAllText(file, """{"labels":["a=2"],"debug":true,"max-concurrent-downloads":1,"shutdown-timeout":10,"insecure-registries":["reg.example:5000"],"registry-mirrors":["http://m.example"]}""");
        await ScratchDaemon.SignalAsync(process, "HUP");
        await daemon.UntilAsync(() => daemon.Log.Contains("Reloaded configuration", StringComparison.Ordinal));

        Assert.Equal("[a=2] true", (await daemon.GantryAsync("-H", daemon.Socket, "info", "-f", "{{.Labels}} {{.Debug}}")).Succeeded().Text);
        Assert.Contains("reg.example:5000", (await daemon.GantryAsync("-H", daemon.Socket, "info")).Succeeded().Output, StringComparison.Ordinal);
        var events = (await daemon.GantryAsync("-H", daemon.Socket, "events", "--since", $"{since}", "--until", $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}")).Succeeded().Output;
        Assert.Contains("daemon reload ", events, StringComparison.Ordinal);
        Assert.Contains("labels=[\"a=2\"]", events, StringComparison.Ordinal);
        Assert.All(
            ["default-cgroupns-mode=", "default-ipc-mode=private", "default-shm-size=67108864", "max-concurrent-downloads=1", "shutdown-timeout=10", "runtimes=crun:"],
            attribute => Assert.Contains(attribute, events, StringComparison.Ordinal));
        Assert.All(
            ["Reset Max Concurrent Downloads: 1", "Reset Max Concurrent Uploads: 5", "Reset Max Download Attempts: 5", "Reset Shutdown Timeout: 10"],
            line => Assert.Contains($"\"msg\":\"{line}\"", daemon.Log, StringComparison.Ordinal));

        File.WriteAllText(file, """{"labels":["a=3"],"authorization-plugins":["nowhere"]}""");
        await ScratchDaemon.SignalAsync(process, "HUP");
        await daemon.UntilAsync(() => daemon.Log.Contains("failed to validate authorization plugin: plugin \\\"nowhere\\\" not found", StringComparison.Ordinal));

        File.WriteAllText(file, """{"labels":["a=3"],"registry-mirrors":["ftp://x"]}""");
        await ScratchDaemon.SignalAsync(process, "HUP");
        await daemon.UntilAsync(() => daemon.Log.Contains("ftp", StringComparison.Ordinal));
        Assert.Equal("[a=2]", (await daemon.GantryAsync("-H", daemon.Socket, "info", "-f", "{{.Labels}}")).Succeeded().Text);
    }

    [Fact]
    public async Task Sockets_of_the_service_manager_are_served_and_kept_from_the_monitor()
    {
        await using var daemon = new ScratchDaemon();
        var activate = "import os,socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen(9)\nt=socket.socket()\nt.bind(('127.0.0.1',23763))\nt.listen(9)\n"
            + "a=os.dup(s.fileno());b=os.dup(t.fileno())\nos.dup2(a,3);os.dup2(b,4)\nos.environ.update(LISTEN_FDS='2',LISTEN_PID=str(os.getpid()))\nos.execv(sys.argv[2],sys.argv[2:])";
        await daemon.StartAsync("python3", ["-c", activate, $"{daemon.Folder}/a", Repository.Binary("gantryd"), .. daemon.Roots, "-H", "fd://", "-H", daemon.Socket]);

        foreach (var host in new[] { $"unix://{daemon.Folder}/a", "tcp://127.0.0.1:23763", daemon.Socket })
        {
            Assert.NotEmpty((await daemon.GantryAsync("-H", host, "version", "-f", "{{.Server.Version}}")).Succeeded().Text);
        }

        var listening = (await Command.RunAsync("ss", ["-lxpH", "src", $"{daemon.Folder}/a"])).Succeeded().Output;
        Assert.NotEmpty(listening);
        Assert.DoesNotContain("gantry-monitor", listening, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_reaps_forwards_and_passes_the_exit_code_on()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket);
        Task<Result> Run(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        (await Run("import", Repository.BusyboxTar, "bb")).Succeeded();

        Assert.NotEmpty((await Run("info", "-f", "{{.InitBinary}}")).Succeeded().Text);
        var seven = await Run("run", "--rm", "--network", "none", "--init", "bb", "/bin/sh", "-c", "/bin/cat /proc/1/cmdline; exit 7");
        Assert.Equal(7, seven.ExitCode);
        Assert.StartsWith("/sbin/docker-init\0--\0/bin/sh\0", seven.Output, StringComparison.Ordinal);
        Assert.Equal(127, (await Run("run", "--rm", "--network", "none", "--init", "bb", "/nosuch")).ExitCode);

        (await Run("run", "-d", "--name", "i1", "--network", "none", "--init", "bb", "/bin/sh", "-c",
            "(/bin/sh -c '/bin/sleep 0.1 & ' &); trap 'echo told; exit 3' TERM; while :; do /bin/sleep 0.1; done")).Succeeded();
        await Task.Delay(800);
        Assert.DoesNotContain(" Z", (await Run("exec", "i1", "/bin/sh", "-c", "/bin/ps -o pid,stat")).Output, StringComparison.Ordinal);
        (await Run("stop", "i1")).Succeeded();
        Assert.Equal("3", (await Run("inspect", "-f", "{{.State.ExitCode}}", "i1")).Succeeded().Text);
        Assert.Equal("told\n", (await Run("logs", "i1")).Succeeded().Output);
        (await Run("rm", "i1")).Succeeded();
    }
}
