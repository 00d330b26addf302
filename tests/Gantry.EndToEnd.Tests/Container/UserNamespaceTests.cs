using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>Containers in user namespaces: who they are on the host, and whose their files are.</summary>
public sealed class UserNamespaceTests(RemappedEngine engine) : IClassFixture<RemappedEngine>
{
    private const uint Root = RemappedEngine.FirstId;

    [Fact]
    public async Task Its_root_is_nobody_special_on_the_host()
    {
        var id = (await engine.GantryAsync("run", "-d", "--name", "un-root", "busybox", "sleep", "1000")).Succeeded().Text;
        var pid = (await engine.GantryAsync("inspect", "-f", "{{.State.Pid}}", id)).Succeeded().Text;

        Assert.Equal($"{Root}", await OwnerAsync($"/proc/{pid}/cmdline"));
        var map = File.ReadAllLines($"/proc/{pid}/uid_map").Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal([$"0 {Root} {RemappedEngine.FirstCount}", $"{RemappedEngine.FirstCount} {RemappedEngine.SecondId} 65536"], map);
        Assert.Equal("0 0 0 0", (await engine.GantryAsync("exec", id, "sh", "-c", "echo $(id -u) $(stat -c %u / /etc/hosts /bin/busybox)")).Succeeded().Text);
        Assert.Equal("0", await OwnerAsync("/dev/null"));
        (await engine.GantryAsync("rm", "-f", "un-root")).Succeeded();
    }

    [Fact]
    public async Task Info_says_so_and_the_data_is_in_a_folder_of_its_own()
    {
        Assert.Contains("name=userns", (await engine.GantryAsync("info", "-f", "{{.SecurityOptions}}")).Succeeded().Text, StringComparison.Ordinal);
        Assert.Equal(engine.DataRoot, (await engine.GantryAsync("info", "-f", "{{.DockerRootDir}}")).Succeeded().Text);
        Assert.Equal($"0 {Root} 710", (await Command.RunAsync("stat", ["-c", "%u %g %a", engine.DataRoot])).Succeeded().Text);
    }

    [Fact]
    public async Task Users_of_both_ranges_own_what_they_write()
    {
        (await engine.GantryAsync("volume", "create", "un-data")).Succeeded();
        const string Write = "touch /data/a; touch /data/b; chown 5:6 /data/a; chown 2000:2001 /data/b; stat -c %u:%g /data /data/a /data/b";
        var inside = await engine.GantryAsync("run", "--rm", "-v", "un-data:/data", "busybox", "sh", "-c", Write);

        Assert.Equal("0:0\n5:6\n2000:2001", inside.Succeeded().Text);
        var data = $"{engine.DataRoot}/volumes/un-data/_data";
        Assert.Equal($"{Root}", await OwnerAsync(data));
        Assert.Equal($"{Root + 5}", await OwnerAsync(data + "/a"));
        Assert.Equal($"{RemappedEngine.SecondId + 1000}", await OwnerAsync(data + "/b"));
        (await engine.GantryAsync("volume", "rm", "un-data")).Succeeded();
    }

    [Fact]
    public async Task The_source_of_a_bind_is_made_for_its_root_and_other_files_are_nobodys()
    {
        var source = $"{engine.Folder}/bound/made";
        var foreign = $"{engine.Folder}/bound-file";
        File.WriteAllText(foreign, "x");

        var seen = await engine.GantryAsync("run", "--rm", "-v", source + ":/made", "-v", foreign + ":/foreign", "busybox", "sh", "-c", "touch /made/f && stat -c %u /made /made/f /foreign");

        Assert.Equal("0\n0\n65534", seen.Succeeded().Text);
        Assert.Equal($"{Root}", await OwnerAsync(source + "/f"));
    }

    [Fact]
    public async Task Copies_exports_and_commits_have_the_containers_ids()
    {
        File.WriteAllText($"{engine.Folder}/copied", "hello");
        (await engine.GantryAsync("run", "--name", "un-files", "busybox", "sh", "-c", "echo x >/mine; chown 7:8 /mine; mkdir /d; chown 9:9 /d")).Succeeded();

        (await engine.GantryAsync("cp", $"{engine.Folder}/copied", "un-files:/d/copied")).Succeeded();
        var copy = (await engine.GantryAsync("cp", "un-files:/mine", "-")).Succeeded().Output;
        (await engine.GantryAsync("export", "-o", $"{engine.Folder}/export.tar", "un-files")).Succeeded();
        (await engine.GantryAsync("commit", "un-files", "un-committed")).Succeeded();

        var listing = (await Command.RunAsync("tar", ["--numeric-owner", "-tvf", $"{engine.Folder}/export.tar"])).Succeeded().Output;
        Assert.Matches(@" 7/8 +2 .* mine\n", listing);
        Assert.Matches(@" 9/9 +0 .* d/\n", listing);
        Assert.Matches(@" 0/0 +5 .* d/copied\n", listing);
        Assert.Matches(@" 0/0 .* bin/busybox\n", listing);
        Assert.Equal("7:8\n9:9\n0:0", (await engine.GantryAsync("run", "--rm", "un-committed", "stat", "-c", "%u:%g", "/mine", "/d", "/d/copied")).Succeeded().Text);
        Assert.Contains("0000644\00000007\00000010\0", copy, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "un-files")).Succeeded();
        (await engine.GantryAsync("rmi", "un-committed")).Succeeded();
    }

    [Fact]
    public async Task Builds_give_files_the_containers_owners()
    {
        var context = Directory.CreateDirectory($"{engine.Folder}/context").FullName;
        File.WriteAllText($"{context}/file", "x");
        File.WriteAllText($"{context}/Dockerfile", """
            FROM busybox AS first
            COPY --chown=3:4 file /first
            RUN touch /run-file && chown 1500:5 /run-file
            FROM busybox
            COPY file /plain
            COPY --from=first /first /run-file /
            COPY --chown=11:12 file /made/deep/file
            RUN --mount=type=bind,source=file,target=/bound --mount=type=cache,target=/cache cat /bound && touch /cache/a
            RUN --mount=type=bind,from=first,source=/first,target=/bound test "$(stat -c %u:%g /bound)" = 3:4
            VOLUME /vol
            RUN stat -c %u /plain /first
            """);
        (await engine.GantryAsync("build", "-t", "un-built", context)).Succeeded();

        var seen = await engine.GantryAsync("run", "--rm", "un-built", "stat", "-c", "%u:%g", "/plain", "/first", "/run-file", "/made/deep/file", "/made/deep", "/vol");
        Assert.Equal("0:0\n3:4\n1500:5\n11:12\n11:12\n0:0", seen.Succeeded().Text);
        (await engine.GantryAsync("rmi", "un-built")).Succeeded();
    }

    [Fact]
    public async Task It_may_change_its_own_network_and_others_join_it()
    {
        (await engine.GantryAsync("run", "-d", "--name", "un-net", "--cap-add", "NET_ADMIN", "--sysctl", "net.ipv4.ip_forward=0", "busybox", "sleep", "1000")).Succeeded();

        (await engine.GantryAsync("exec", "un-net", "ip", "link", "set", "eth0", "mtu", "1300")).Succeeded();
        Assert.Contains("mtu 1300", (await engine.GantryAsync("run", "--rm", "--network", "container:un-net", "busybox", "ip", "link", "show", "eth0")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("sleep 1000", (await engine.GantryAsync("run", "--rm", "--pid", "container:un-net", "busybox", "ps")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal("0", (await engine.GantryAsync("exec", "un-net", "cat", "/proc/sys/net/ipv4/ip_forward")).Succeeded().Text);
        (await engine.GantryAsync("restart", "-t", "0", "un-net")).Succeeded();
        Assert.Contains("mtu 1500", (await engine.GantryAsync("exec", "un-net", "ip", "link", "show", "eth0")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "-f", "un-net")).Succeeded();
    }

    [Fact]
    public async Task Memory_and_terminals_work()
    {
        (await engine.GantryAsync("run", "-d", "--name", "un-ipc", "--ipc", "shareable", "--tmpfs", "/t", "busybox", "sleep", "1000")).Succeeded();

        Assert.Equal("0\n0", (await engine.GantryAsync("exec", "un-ipc", "sh", "-c", "touch /dev/shm/f /t/f && stat -c %u /dev/shm/f /t/f")).Succeeded().Text);
        Assert.Equal("0", (await engine.GantryAsync("run", "--rm", "--ipc", "container:un-ipc", "busybox", "stat", "-c", "%u", "/dev/shm/f")).Succeeded().Text);
        Assert.Equal("65534", (await engine.GantryAsync("run", "--rm", "--ipc", "host", "busybox", "stat", "-c", "%u", "/dev/shm")).Succeeded().Text);
        Assert.Equal("/dev/pts/0", (await engine.GantryAsync("run", "--rm", "-t", "--read-only", "busybox", "tty")).Succeeded().Output.TrimEnd('\r', '\n'));
        (await engine.GantryAsync("rm", "-f", "un-ipc")).Succeeded();
    }

    [Theory]
    [InlineData("privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode", "--privileged")]
    [InlineData("cannot share the host's network namespace when user namespaces are enabled", "--network", "host")]
    [InlineData("cannot share the host PID namespace when user namespaces are enabled", "--pid", "host")]
    public async Task What_only_the_host_can_share_needs_the_hosts_users(string error, params string[] flags)
    {
        (await engine.GantryAsync(["run", "--rm", .. flags, "busybox", "true"])).Failed(error);

        var outside = await engine.GantryAsync(["run", "--rm", "--userns", "host", .. flags, "busybox", "sh", "-c", "cat /proc/self/uid_map; stat -c %u /bin/busybox"]);
        Assert.Equal(["0", "0", "4294967295", $"{Root}"], outside.Succeeded().Text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_container_outside_can_be_joined_by_one_inside()
    {
        (await engine.GantryAsync("run", "-d", "--name", "un-outside", "--userns", "host", "busybox", "sleep", "1000")).Succeeded();

        var joined = await engine.GantryAsync("run", "--rm", "--network", "container:un-outside", "busybox", "sh", "-c", "cat /proc/self/uid_map | wc -l; ip -o link | wc -l");
        Assert.Equal("2\n2", joined.Succeeded().Text);
        (await engine.GantryAsync("rm", "-f", "un-outside")).Succeeded();
    }

    [Fact]
    public async Task It_outlives_the_engine_and_is_found_again()
    {
        (await engine.GantryAsync("run", "-d", "--name", "un-stays", "busybox", "sleep", "1000")).Succeeded();

        await engine.RestartAsync();

        Assert.Equal("0", (await engine.GantryAsync("exec", "un-stays", "sh", "-c", "touch /made && stat -c %u /made")).Succeeded().Text);
        (await engine.GantryAsync("restart", "-t", "0", "un-stays")).Succeeded();
        Assert.Equal("0", (await engine.GantryAsync("exec", "un-stays", "stat", "-c", "%u", "/made")).Succeeded().Text);
        (await engine.GantryAsync("rm", "-f", "un-stays")).Succeeded();
    }

    [Fact]
    public async Task A_build_step_on_the_hosts_network_keeps_its_own_users()
    {
        var context = Directory.CreateDirectory($"{engine.Folder}/host-context").FullName;
        File.WriteAllText($"{context}/Dockerfile", "FROM busybox\nRUN --network=host test \"$(cat /proc/self/uid_map | wc -l)\" = 2 && touch /f\n");

        (await engine.GantryAsync("build", "--network", "host", "-t", "un-host", context)).Succeeded();
        Assert.Equal("0", (await engine.GantryAsync("run", "--rm", "un-host", "stat", "-c", "%u", "/f")).Succeeded().Text);
        (await engine.GantryAsync("rmi", "un-host")).Succeeded();
    }

    [Fact]
    public async Task Another_runtime_does_the_same() =>
        Assert.Equal("0 0", (await engine.GantryAsync("run", "--rm", "--runtime", "runc", "busybox", "sh", "-c", "echo $(id -u) $(stat -c %u /bin/busybox)")).Succeeded().Text);

    private static async Task<string> OwnerAsync(string path) => (await Command.RunAsync("stat", ["-c", "%u", path])).Succeeded().Text;
}
