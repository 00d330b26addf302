using Gantry.Api;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>A HostConfig's limits as the runtime takes them; also what <c>container update</c> hands to it.</summary>
public static class ResourceSpec
{
    private const long PeriodOfNanoCpus = 100_000;

    /// <summary>
    /// Limits without the device rules; members that are not limited are null. The configuration has been validated
    /// (<see cref="ResourceValidator"/>). Throws InvalidArgument where a throttled device is missing.
    /// </summary>
    public static LinuxResources Build(HostConfig config) => new()
    {
        Memory = Memory(config),
        Cpu = Cpu(config),
        Pids = config.PidsLimit > 0 ? new LinuxPids(config.PidsLimit.Value) : null,
        BlockIO = BlockIO(config),
    };

    private static LinuxMemory? Memory(HostConfig config)
    {
        var memory = new LinuxMemory
        {
            Limit = Positive(config.Memory),
            Reservation = Positive(config.MemoryReservation),
            Swap = config.Memory > 0 && config.MemorySwap == -1 ? -1 : Positive(config.MemorySwap),
            Swappiness = config.MemorySwappiness >= 0 ? (ulong)config.MemorySwappiness.Value : null,
            DisableOomKiller = config.OomKillDisable == true ? true : null,
        };
        return memory == new LinuxMemory() ? null : memory;
    }

    private static LinuxCpu? Cpu(HostConfig config)
    {
        var cpu = new LinuxCpu
        {
            Shares = (ulong?)Positive(config.CpuShares),
            Period = (ulong?)Positive(config.CpuPeriod),
            Quota = config.CpuQuota is null or 0 ? null : config.CpuQuota,
            RealtimePeriod = (ulong?)Positive(config.CpuRealtimePeriod),
            RealtimeRuntime = config.CpuRealtimeRuntime is null or 0 ? null : config.CpuRealtimeRuntime,
            Cpus = string.IsNullOrEmpty(config.CpusetCpus) ? null : config.CpusetCpus,
            Mems = string.IsNullOrEmpty(config.CpusetMems) ? null : config.CpusetMems,
        };
        if (config.NanoCpus > 0)
        {
            cpu = cpu with { Period = (ulong)PeriodOfNanoCpus, Quota = (long)(config.NanoCpus.Value * (decimal)PeriodOfNanoCpus / 1_000_000_000) };
        }

        return cpu == new LinuxCpu() ? null : cpu;
    }

    private static LinuxBlockIO? BlockIO(HostConfig config)
    {
        var block = new LinuxBlockIO
        {
            Weight = (ushort?)Positive(config.BlkioWeight),
            WeightDevice = Map(config.BlkioWeightDevice, d => d.Path, (major, minor, d) => new LinuxWeightDevice(major, minor, (ushort)(d.Weight ?? 0))),
            ThrottleReadBpsDevice = Throttle(config.BlkioDeviceReadBps),
            ThrottleWriteBpsDevice = Throttle(config.BlkioDeviceWriteBps),
            ThrottleReadIOPSDevice = Throttle(config.BlkioDeviceReadIOps),
            ThrottleWriteIOPSDevice = Throttle(config.BlkioDeviceWriteIOps),
        };
        return block == new LinuxBlockIO() ? null : block;
    }

    private static List<LinuxThrottleDevice>? Throttle(List<ThrottleDevice>? devices) =>
        Map(devices, d => d.Path, (major, minor, d) => new LinuxThrottleDevice(major, minor, (ulong)Math.Max(0, d.Rate ?? 0)));

    private static List<TResult>? Map<T, TResult>(List<T>? devices, Func<T, string?> path, Func<long, long, T, TResult> make)
    {
        if (devices is not { Count: > 0 })
        {
            return null;
        }

        return [.. devices.Select(device =>
        {
            var status = Status(path(device) ?? string.Empty);
            return make(status.DeviceMajor, status.DeviceMinor, device);
        })];
    }

    private static FileStatus Status(string path)
    {
        var error = -FileAt.TryStat(FileAt.CurrentDirectory, path, out var status, followLink: true);
        return error == 0
            ? status
            : throw GantryException.InvalidArgument(
                $"stat {path}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant()}", new LinuxException("stat", error, path));
    }

    private static long? Positive(long? value) => value > 0 ? value : null;
}
