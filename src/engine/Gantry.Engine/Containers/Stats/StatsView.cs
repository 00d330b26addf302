using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Stats;

/// <summary>Counters in the shape of the Engine API.</summary>
internal static class StatsView
{
    internal static ContainerStatsResponse Describe(
        ContainerRecord record, ContainerStats? current, ContainerStats? previous, Dictionary<string, ContainerNetworkStats?>? networks) => new()
        {
            Name = "/" + record.Name,
            Id = record.Id,
            Read = current is null ? GoTime.Zero : GoTime.Format(current.ReadAt),
            Preread = previous is null ? GoTime.Zero : GoTime.Format(previous.ReadAt),
            PidsStats = current is null ? new ContainerPidsStats() : new ContainerPidsStats
            {
                Current = current.Pids.Current,
                Limit = current.Pids.Limit == 0 ? null : current.Pids.Limit,
            },
            BlkioStats = Blkio(current),
            NumProcs = 0,
            StorageStats = new ContainerStorageStats(),
            CpuStats = Cpu(current),
            PrecpuStats = Cpu(previous),
            MemoryStats = Memory(current),
            Networks = current is null ? null : networks,
        };

    private static ContainerCPUStats Cpu(ContainerStats? stats)
    {
        if (stats is null)
        {
            return new ContainerCPUStats
            {
                CpuUsage = new ContainerCPUUsage { TotalUsage = 0, UsageInKernelmode = 0, UsageInUsermode = 0 },
                ThrottlingData = new ContainerThrottlingData { Periods = 0, ThrottledPeriods = 0, ThrottledTime = 0 },
            };
        }

        return new ContainerCPUStats
        {
            CpuUsage = new ContainerCPUUsage
            {
                TotalUsage = stats.Cpu.TotalUsage,
                PercpuUsage = stats.Cpu.PerCpuUsage.Count == 0 ? null : [.. stats.Cpu.PerCpuUsage],
                UsageInKernelmode = stats.Cpu.KernelUsage,
                UsageInUsermode = stats.Cpu.UserUsage,
            },
            SystemCpuUsage = stats.Cpu.SystemUsage,
            OnlineCpus = (uint)stats.Cpu.OnlineCpus,
            ThrottlingData = new ContainerThrottlingData
            {
                Periods = stats.Cpu.ThrottlingPeriods,
                ThrottledPeriods = stats.Cpu.ThrottledPeriods,
                ThrottledTime = stats.Cpu.ThrottledTime,
            },
        };
    }

    private static ContainerMemoryStats Memory(ContainerStats? stats) => stats is null ? new ContainerMemoryStats() : new ContainerMemoryStats
    {
        Usage = stats.Memory.Usage,
        MaxUsage = stats.IsCgroupV2 ? null : stats.Memory.MaxUsage,
        Stats = stats.Memory.Stat.ToDictionary(s => s.Key, s => (ulong?)s.Value),
        Failcnt = stats.Memory.FailCount == 0 ? null : stats.Memory.FailCount,
        Limit = stats.Memory.Limit,
    };

    private static ContainerBlkioStats Blkio(ContainerStats? stats)
    {
        if (stats is null)
        {
            return new ContainerBlkioStats();
        }

        return new ContainerBlkioStats
        {
            IoServiceBytesRecursive = Entries(stats.BlockIo.ServiceBytes),
            IoServicedRecursive = Entries(stats.BlockIo.Serviced),
            IoQueueRecursive = stats.IsCgroupV2 ? null : [],
            IoServiceTimeRecursive = stats.IsCgroupV2 ? null : [],
            IoWaitTimeRecursive = stats.IsCgroupV2 ? null : [],
            IoMergedRecursive = stats.IsCgroupV2 ? null : [],
            IoTimeRecursive = stats.IsCgroupV2 ? null : [],
            SectorsRecursive = stats.IsCgroupV2 ? null : [],
        };
    }

    private static List<ContainerBlkioStatEntry> Entries(IReadOnlyList<BlockIoEntry> entries) =>
        [.. entries.Select(e => new ContainerBlkioStatEntry { Major = e.Major, Minor = e.Minor, Op = e.Operation, Value = e.Value })];
}
