using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

public class NamespaceTests
{
    [Fact]
    public async Task Mounts_below_the_roots_stay_inside_and_others_reach_the_host()
    {
        // A host with shared propagation is played by a tmpfs made shared in a namespace of its own.
        await using var root = new TestRoot();
        var script = $"""
            set -e
            mkdir -p {root.Path}/host
            mount -t tmpfs host {root.Path}/host
            mount --make-shared {root.Path}/host
            mkdir -p {root.Path}/host/data {root.Path}/host/exec {root.Path}/host/other
            before=$(grep -c {root.Path}/host /proc/self/mountinfo)
            {RoleProcess.CommandLine} namespace {root.Path}/host/data {root.Path}/host/exec /bin/sh -c '
                mkdir -p {root.Path}/host/data/m
                mount -t tmpfs inner {root.Path}/host/data/m
                mount -t tmpfs outer {root.Path}/host/other
                ls /sys/fs/cgroup/unified/cgroup.procs 2>/dev/null && [ -e /sys/fs/cgroup/memory ] && echo hybrid
                env | grep GANTRY_ENGINE || true
                echo inside ok'
            grep -c ' {root.Path}/host/data/m ' /proc/self/mountinfo || true
            grep -c ' {root.Path}/host/other ' /proc/self/mountinfo
            echo $(( $(grep -c {root.Path}/host /proc/self/mountinfo) - before ))
            """;
        var (code, output) = await RoleProcess.RunAsync("unshare", "-m", "sh", "-c", script);
        Assert.Equal((0, "inside ok\n0\n1\n1\n"), (code, output));
    }

    [Fact]
    public async Task An_engine_joins_the_monitors_namespace()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var monitor = File.ResolveLinkTarget($"/proc/{Leftovers.MonitorPid(root.ExecRoot)}/ns/mnt", false)!.Name;
        using var role = RoleProcess.Start("namespace", $"{root.Path}/data", root.ExecRoot, "readlink", "/proc/self/ns/mnt");
        Assert.Equal((0, monitor + "\n"), await role.WaitAsync());
    }

    [Fact]
    public void Mount_lines_are_understood()
    {
        string[] lines =
        [
            "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
            "23 22 0:20 / /run rw shared:2 master:9 - tmpfs tmpfs rw",
            @"24 22 0:21 / /mnt/with\040space rw - tmpfs tmpfs rw",
        ];
        Assert.Equal(new MountInfo("/run", true), MountInfo.Of("/run/gantry", lines));
        Assert.Equal(new MountInfo("/", true), MountInfo.Of("/running", lines));
        Assert.Equal(new MountInfo("/mnt/with space", false), MountInfo.Of("/mnt/with space/x", lines));
    }
}
