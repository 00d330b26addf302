namespace Gantry.Runtime.Spec.Tests;

public sealed class CgroupProbeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("gantry-cgroup-").FullName;

    [Fact]
    public void Unified_hierarchy()
    {
        Write("cgroup.controllers", "cpuset cpu io memory pids\n");
        Write("cpuset.cpus.effective", "0-3\n");
        Write("system.slice/memory.max", "max");
        Write("system.slice/memory.swap.max", "max");

        var facts = CgroupFacts.Probe(_root);

        Assert.Equal((2, true, true, true, true, "0-3"), (facts.Version, facts.MemoryLimit, facts.SwapLimit, facts.CpuCfs, facts.PidsLimit, facts.AvailableCpus));
        Assert.Equal((false, false, false), (facts.MemorySwappiness, facts.OomKillDisable, facts.CpuRealtime));
    }

    [Fact]
    public void Unified_hierarchy_without_swap_accounting()
    {
        Write("cgroup.controllers", "memory");
        Write("system.slice/memory.max", "max");

        Assert.False(CgroupFacts.Probe(_root).SwapLimit);
        Assert.False(CgroupFacts.Probe(_root).PidsLimit);
    }

    [Fact]
    public void Legacy_and_hybrid_hierarchies()
    {
        Write("unified/cgroup.controllers", "hugetlb");
        Write("memory/memory.limit_in_bytes", "1");
        Write("memory/memory.oom_control", "0");
        Write("cpu/cpu.shares", "1024");
        Write("cpuset/cpuset.cpus", "0-1\n");

        var facts = CgroupFacts.Probe(_root);

        Assert.Equal((1, true, false, true, true, false, "0-1"), (facts.Version, facts.MemoryLimit, facts.SwapLimit, facts.OomKillDisable, facts.CpuShares, facts.CpuCfs, facts.AvailableCpus));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string file, string content)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
