using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>What containers share with each other and with the host, and limits that are lifted.</summary>
[Collection(EngineCollection.Name)]
public sealed class JoinTests(EngineProcess engine)
{
    [Fact]
    public async Task A_joined_container_is_recorded_by_id_and_must_run_at_the_start()
    {
        var id = (await engine.GantryAsync("create", "--name", "jn-owner", "busybox", "sleep", "1000")).Succeeded().Text;
        (await engine.GantryAsync("create", "--name", "jn-guest", "--pid", "container:jn-owner", "busybox", "ps")).Succeeded();

        Assert.Equal("container:" + id, (await engine.GantryAsync("inspect", "-f", "{{.HostConfig.PidMode}}", "jn-guest")).Succeeded().Text);
        Assert.Contains($"failed to join PID namespace: container {id} is not running", (await engine.GantryAsync("start", "jn-guest")).Error, StringComparison.Ordinal);
        Assert.Contains("No such container: jn-nobody", (await engine.GantryAsync("create", "--ipc", "container:jn-nobody", "busybox")).Error, StringComparison.Ordinal);

        (await engine.GantryAsync("start", "jn-owner")).Succeeded();
        Assert.Contains("sleep 1000", (await engine.GantryAsync("start", "-a", "jn-guest")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "-f", "jn-owner", "jn-guest")).Succeeded();
    }

    [Fact]
    public async Task A_bind_of_the_data_root_is_a_slave_and_nothing_that_keeps_mounts()
    {
        (await engine.GantryAsync("create", "--name", "jn-root", "-v", engine.DataRoot + ":/host", "busybox")).Succeeded();

        Assert.Equal("rslave", (await engine.GantryAsync("inspect", "-f", "{{(index .Mounts 0).Propagation}}", "jn-root")).Succeeded().Text);
        Assert.Contains("must use either propagation mode \"rslave\" or \"rshared\"", (await engine.GantryAsync("create", "-v", engine.DataRoot + ":/host:private", "busybox")).Error, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "jn-root")).Succeeded();
    }

    [Fact]
    public async Task A_limit_of_processes_is_lifted_while_it_runs()
    {
        (await engine.GantryAsync("run", "-d", "--name", "jn-limit", "--pids-limit", "32", "busybox", "sleep", "1000")).Succeeded();

        (await engine.GantryAsync("update", "--pids-limit", "-1", "jn-limit")).Succeeded();

        var limit = await engine.GantryAsync("exec", "jn-limit", "sh", "-c", "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null || true");
        Assert.Equal("max", limit.Succeeded().Text);
        Assert.Equal("0", (await engine.GantryAsync("inspect", "-f", "{{.HostConfig.PidsLimit}}", "jn-limit")).Succeeded().Text);
        (await engine.GantryAsync("rm", "-f", "jn-limit")).Succeeded();
    }
}
