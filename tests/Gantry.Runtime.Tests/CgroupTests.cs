using Gantry.Linux.Cgroups;
using Gantry.Runtime.Services;

namespace Gantry.Runtime.Tests;

/// <summary>What can't be had on the machine at hand: layouts of other hosts, and v2's files.</summary>
public class CgroupTests
{
    private const string V1Memory = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory";
    private const string V1Cpu = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct";
    private const string V1Systemd = "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd";
    private const string Unified = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate";
    private const string V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot";

    [Fact]
    public void Layouts_are_recognised()
    {
        var v1 = CgroupLayout.Parse([V1Memory, V1Cpu, V1Systemd]);
        Assert.False(v1.IsV2);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct/docker/x", v1.DirectoryOf("cpuacct", "/docker/x"));
        Assert.Null(v1.DirectoryOf("pids", "/docker/x"));
        Assert.Equal(3, v1.Hierarchies.Count);

        var hybrid = CgroupLayout.Parse([V1Memory, Unified]);
        Assert.False(hybrid.IsV2);
        Assert.Equal("/sys/fs/cgroup/memory/x", hybrid.DirectoryOf("memory", "/x"));

        var v2 = CgroupLayout.Parse([V2, "broken line"]);
        Assert.True(v2.IsV2);
        Assert.Equal("/sys/fs/cgroup/docker/x", v2.DirectoryOf("memory", "/docker/x"));
        Assert.Equal(["/sys/fs/cgroup/x"], v2.DirectoriesOf("/x"));
        Assert.Equal("/sys/fs/cgroup/x/memory.events", new Cgroup(v2, "/x").OomFile);
        Assert.Equal("/sys/fs/cgroup/memory/x/memory.oom_control", new Cgroup(v1, "/x").OomFile);
    }

    [Fact]
    public async Task Warming_up_for_a_move_moves_nothing()
    {
        var before = await File.ReadAllTextAsync("/proc/self/cgroup");
        using var warmUp = new MigrationWarmUp(CgroupLayout.Detect());
        using var nowhere = new MigrationWarmUp(CgroupLayout.Parse([]));
        for (var i = 0; i < 5; i++)
        {
            warmUp.Expect(more: i > 2);
            nowhere.Expect(more: i > 2);
            await Task.Delay(10);
        }

        Assert.Equal(before, await File.ReadAllTextAsync("/proc/self/cgroup"));
    }

    [Fact]
    public void V2_counters_are_read()
    {
        var directory = Directory.CreateTempSubdirectory("gantry-cgroup").FullName;
        try
        {
            Write(directory, "cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 10\nnr_throttled 4\nthrottled_usec 7\n");
            Write(directory, "memory.current", "4096\n");
            Write(directory, "memory.max", "8192\n");
            Write(directory, "memory.stat", "anon 1024\nfile 2048\n");
            Write(directory, "memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n");
            Write(directory, "pids.current", "2\n");
            Write(directory, "pids.max", "max\n");
            Write(directory, "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n253:1 \nrubbish\n");
            var stats = CgroupStatsV2.Read(directory);
            Assert.Equal((1_500_000UL, 1_000_000UL, 500_000UL), (stats.Cpu.TotalUsage, stats.Cpu.UserUsage, stats.Cpu.KernelUsage));
            Assert.Equal((10UL, 4UL, 7000UL), (stats.Cpu.ThrottlingPeriods, stats.Cpu.ThrottledPeriods, stats.Cpu.ThrottledTime));
            Assert.Equal((4096UL, 8192UL, 3UL, 1024UL), (stats.Memory.Usage, stats.Memory.Limit, stats.Memory.FailCount, stats.Memory.Stat["anon"]));
            Assert.Equal((2UL, 0UL), (stats.Pids.Current, stats.Pids.Limit));
            Assert.Equal([new BlockIoEntry(8, 0, "read", 1), new BlockIoEntry(8, 0, "write", 2)], stats.BlockIo.ServiceBytes);
            Assert.Equal([new BlockIoEntry(8, 0, "read", 3), new BlockIoEntry(8, 0, "write", 4)], stats.BlockIo.Serviced);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void V1_times_are_summed_over_the_processors()
    {
        Assert.Equal((12UL, 14UL), CgroupStats.UserAndKernel("cpu user system\n0 5 6\n1 7 8\n"));
        Assert.Equal((0UL, 0UL), CgroupStats.UserAndKernel("0 5\nrubbish\n0 1 2 3\n"));
    }

    [Fact]
    public void A_vanished_cgroup_reads_as_nothing()
    {
        var stats = CgroupStatsV2.Read("/nonexistent");
        Assert.Equal((0UL, 0UL), (stats.Memory.Usage, stats.Pids.Current));
        Assert.True(stats.Memory.Limit > 0);
    }

    private static void Write(string directory, string name, string content) => File.WriteAllText($"{directory}/{name}", content);
}
