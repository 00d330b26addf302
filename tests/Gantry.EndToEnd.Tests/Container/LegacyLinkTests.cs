using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>Legacy links on the default bridge.</summary>
[Collection(EngineCollection.Name)]
public sealed class LegacyLinkTests(EngineProcess engine)
{
    [Fact]
    public async Task A_linked_container_has_a_name_an_address_and_variables_and_another_name_itself()
    {
        (await engine.GantryAsync("run", "-d", "--name", "lk-db", "--expose", "5432", "-e", "USER=me", "busybox", "sleep", "1000")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "lk-web", "--link", "lk-db:my-db", "busybox", "sleep", "1000")).Succeeded();
        var address = (await engine.GantryAsync("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "lk-db")).Succeeded().Text;

        var variables = (await engine.GantryAsync("exec", "lk-web", "sh", "-c", "env | grep ^MY_DB | sort")).Succeeded().Text.Split('\n');
        Assert.Equal(
            [
                "MY_DB_ENV_USER=me", "MY_DB_NAME=/lk-web/my-db", $"MY_DB_PORT=tcp://{address}:5432", $"MY_DB_PORT_5432_TCP=tcp://{address}:5432",
                $"MY_DB_PORT_5432_TCP_ADDR={address}", "MY_DB_PORT_5432_TCP_PORT=5432", "MY_DB_PORT_5432_TCP_PROTO=tcp",
            ],
            variables);
        Assert.StartsWith(address + "\tmy-db ", (await engine.GantryAsync("exec", "lk-web", "grep", "my-db", "/etc/hosts")).Succeeded().Text, StringComparison.Ordinal);
        Assert.Equal("lk-db,lk-web/my-db", (await engine.GantryAsync("ps", "--no-trunc", "--filter", "name=lk-db", "--format", "{{.Names}}")).Succeeded().Text);

        // Both may be renamed; the link stays.
        (await engine.GantryAsync("rename", "lk-db", "lk-db2")).Succeeded();
        (await engine.GantryAsync("rename", "lk-web", "lk-web2")).Succeeded();
        Assert.Equal("[/lk-db2:/lk-web2/my-db]", (await engine.GantryAsync("inspect", "-f", "{{.HostConfig.Links}}", "lk-web2")).Succeeded().Text);

        (await engine.GantryAsync("rm", "--link", "/lk-web2/my-db")).Succeeded();
        Assert.Equal(1, (await engine.GantryAsync("exec", "lk-web2", "grep", "my-db", "/etc/hosts")).ExitCode);
        Assert.Equal("[]", (await engine.GantryAsync("inspect", "-f", "{{.HostConfig.Links}}", "lk-web2")).Succeeded().Text);
        (await engine.GantryAsync("rm", "-f", "lk-db2", "lk-web2")).Succeeded();
    }

    [Fact]
    public async Task The_hosts_file_has_alias_hostname_and_name_of_a_linked_container()
    {
        (await engine.GantryAsync("run", "-d", "--name", "lk-host", "--hostname", "fred", "busybox", "sleep", "1000")).Succeeded();
        var address = (await engine.GantryAsync("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "lk-host")).Succeeded().Text;

        Assert.Contains($"{address}\tal fred lk-host\n", (await engine.GantryAsync("run", "--rm", "--link", "lk-host:al", "busybox", "cat", "/etc/hosts")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains($"{address}\tlk-host fred\n", (await engine.GantryAsync("run", "--rm", "--link", "lk-host", "busybox", "cat", "/etc/hosts")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "-f", "lk-host")).Succeeded();
    }

    [Fact]
    public async Task Where_containers_are_kept_from_each_other_a_link_opens_exposed_ports()
    {
        const string Bridge = "links0";
        await using var daemon = new ScratchDaemon();
        (await Command.RunAsync("ip", ["link", "add", Bridge, "type", "bridge"])).Succeeded();
        (await Command.RunAsync("ip", ["address", "add", "10.211.9.1/24", "dev", Bridge])).Succeeded();
        try
        {
            await daemon.StartAsync("-H", daemon.Socket, "--bridge", Bridge, "--icc=false");
            (await RunAsync("import", "-c", "CMD [\"sh\"]", "-c", "ENV PATH=/bin", Repository.BusyboxTar, "busybox:latest")).Succeeded();
            (await RunAsync("run", "-d", "--name", "svr", "--expose", "80", "busybox", "sh", "-c", "while :; do echo served | nc -l -p 80; done")).Succeeded();
            (await RunAsync("run", "-d", "--name", "web", "--link", "svr:/db", "busybox", "sleep", "1000")).Succeeded();
            (await RunAsync("run", "-d", "--name", "none", "busybox", "sleep", "1000")).Succeeded();
            var address = (await RunAsync("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "svr")).Succeeded().Text;

            Assert.Equal("served", (await AskAsync("web", "db")).Text);
            Assert.NotEqual("served", (await AskAsync("none", address)).Text);

            (await RunAsync("restart", "-t", "0", "svr")).Succeeded();
            Assert.Equal("served", (await AskAsync("web", "db")).Text);

            (await RunAsync("rm", "--link", "web/db")).Succeeded();
            Assert.NotEqual("served", (await AskAsync("web", address)).Text);
            (await RunAsync("rm", "-f", "svr", "web", "none")).Succeeded();
        }
        finally
        {
            (await Command.RunAsync("ip", ["link", "delete", Bridge])).Succeeded();
        }

        Task<Result> RunAsync(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);

        Task<Result> AskAsync(string from, string host) =>
            RunAsync("exec", from, "sh", "-c", $"for i in 1 2 3 4 5; do timeout 2 nc -w 1 {host} 80 </dev/null && exit; sleep 0.1; done");
    }

    [Fact]
    public async Task A_link_to_nobody_is_refused_and_one_to_a_stopped_container_does_not_start()
    {
        var missing = await engine.GantryAsync("create", "--link", "lk-nobody:x", "busybox");
        Assert.Contains("could not get container for lk-nobody: No such container: lk-nobody", missing.Error, StringComparison.Ordinal);

        (await engine.GantryAsync("create", "--name", "lk-idle", "busybox", "true")).Succeeded();
        (await engine.GantryAsync("create", "--name", "lk-eager", "--link", "lk-idle", "busybox", "true")).Succeeded();
        var start = await engine.GantryAsync("start", "lk-eager");

        Assert.Equal(1, start.ExitCode);
        Assert.Contains("Cannot link to a non running container: /lk-idle AS /lk-eager/lk-idle", start.Error, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "lk-idle", "lk-eager")).Succeeded();
    }
}
