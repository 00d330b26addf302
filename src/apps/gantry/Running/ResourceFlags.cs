using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Running;

/// <summary>Limits on CPU, memory, devices and processes.</summary>
internal sealed class ResourceFlags
{
    private const int NoSwappiness = -1;

    private readonly Flag<ulong> _blkioWeight;
    private readonly ListFlag<WeightDevice> _blkioWeightDevices;
    private readonly Flag<string> _cgroupParent;
    private readonly Flag<long> _cpuCount;
    private readonly Flag<long> _cpuPercent;
    private readonly Flag<long> _maximumBandwidth;
    private readonly Flag<ulong> _maximumOperations;
    private readonly Flag<long> _cpuPeriod;
    private readonly Flag<long> _cpuQuota;
    private readonly Flag<long> _cpuRealtimePeriod;
    private readonly Flag<long> _cpuRealtimeRuntime;
    private readonly Flag<long> _cpuShares;
    private readonly Flag<long> _cpus;
    private readonly Flag<string> _cpusetCpus;
    private readonly Flag<string> _cpusetMemory;
    private readonly ListFlag<ThrottleDevice> _readBytes;
    private readonly ListFlag<ThrottleDevice> _readOperations;
    private readonly ListFlag<ThrottleDevice> _writeBytes;
    private readonly ListFlag<ThrottleDevice> _writeOperations;
    private readonly Flag<long> _kernelMemory;
    private readonly Flag<long> _memory;
    private readonly Flag<long> _memoryReservation;
    private readonly Flag<long> _memorySwap;
    private readonly Flag<long> _memorySwappiness;
    private readonly Flag<bool> _oomKillDisable;
    private readonly Flag<long> _oomScore;
    private readonly Flag<long> _pidsLimit;
    private readonly Flag<long> _shmSize;
    private readonly ListFlag<Ulimit> _ulimits;

    public ResourceFlags(FlagSet flags)
    {
        _blkioWeight = flags.Value("blkio-weight", "uint16", "Block IO (relative weight), between 10 and 1000, or 0 to disable", 0UL, t => FlagValues.Unsigned(t, 16), @default: "0");
        _blkioWeightDevices = flags.Values("blkio-weight-device", "list", "Block IO weight (relative device weight)", DeviceLimits.Weight, @default: "[]");
        _cgroupParent = flags.String("cgroup-parent", "Optional parent cgroup for the container");
        _cpuCount = flags.OnlyOn("windows", flags.Int("cpu-count", "CPU count (Windows only)"));
        _cpuPercent = flags.OnlyOn("windows", flags.Int("cpu-percent", "CPU percent (Windows only)"));
        _maximumBandwidth = flags.OnlyOn("windows", flags.Bytes("io-maxbandwidth", "Maximum IO bandwidth limit for the system drive (Windows only)"));
        _maximumOperations = flags.OnlyOn(
            "windows",
            flags.Value("io-maxiops", "uint", "Maximum IOps limit for the system drive (Windows only)", 0UL, t => FlagValues.Unsigned(t)));
        _cpuPeriod = flags.Int("cpu-period", "Limit CPU CFS (Completely Fair Scheduler) period");
        _cpuQuota = flags.Int("cpu-quota", "Limit CPU CFS (Completely Fair Scheduler) quota");
        _cpuRealtimePeriod = flags.Int("cpu-rt-period", "Limit CPU real-time period in microseconds");
        _cpuRealtimeRuntime = flags.Int("cpu-rt-runtime", "Limit CPU real-time runtime in microseconds");
        _cpuShares = flags.Int("cpu-shares", "CPU shares (relative weight)", 'c');
        _cpus = flags.Value("cpus", "decimal", "Number of CPUs", 0L, FlagValues.NanoCpus);
        _cpusetCpus = flags.String("cpuset-cpus", "CPUs in which to allow execution (0-3, 0,1)");
        _cpusetMemory = flags.String("cpuset-mems", "MEMs in which to allow execution (0-3, 0,1)");
        _readBytes = flags.Values("device-read-bps", "list", "Limit read rate (bytes per second) from a device", DeviceLimits.Bytes, @default: "[]");
        _readOperations = flags.Values("device-read-iops", "list", "Limit read rate (IO per second) from a device", DeviceLimits.Operations, @default: "[]");
        _writeBytes = flags.Values("device-write-bps", "list", "Limit write rate (bytes per second) to a device", DeviceLimits.Bytes, @default: "[]");
        _writeOperations = flags.Values("device-write-iops", "list", "Limit write rate (IO per second) to a device", DeviceLimits.Operations, @default: "[]");
        _kernelMemory = flags.Bytes("kernel-memory", "Kernel memory limit");
        _memory = flags.Bytes("memory", "Memory limit", 'm');
        _memoryReservation = flags.Bytes("memory-reservation", "Memory soft limit");
        _memorySwap = flags.Bytes("memory-swap", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap", allowUnlimited: true);
        _memorySwappiness = flags.Int("memory-swappiness", "Tune container memory swappiness (0 to 100)", value: NoSwappiness);
        _oomKillDisable = flags.Bool("oom-kill-disable", "Disable OOM Killer");
        _oomScore = flags.Int("oom-score-adj", "Tune host's OOM preferences (-1000 to 1000)");
        _pidsLimit = flags.Int("pids-limit", "Tune container pids limit (set -1 for unlimited)");
        _shmSize = flags.Bytes("shm-size", "Size of /dev/shm");
        _ulimits = Ulimits.Flag(flags);
    }

    public void Apply(HostConfig host, Action<string> warn)
    {
        if (_memorySwappiness.Value is < NoSwappiness or > 100)
        {
            throw GantryException.InvalidArgument($"invalid value: {_memorySwappiness.Value}. Valid memory swappiness range is 0-100");
        }

        host.CpuCount = _cpuCount.Changed ? _cpuCount.Value : null;
        host.CpuPercent = _cpuPercent.Changed ? _cpuPercent.Value : null;
        host.IOMaximumBandwidth = _maximumBandwidth.Changed ? _maximumBandwidth.Value : null;
        host.IOMaximumIOps = _maximumOperations.Changed ? (long)_maximumOperations.Value : null;
        host.BlkioWeight = _blkioWeight.Value != 0 ? (long)_blkioWeight.Value : null;
        host.BlkioWeightDevice = Set(_blkioWeightDevices);
        host.CgroupParent = Set(_cgroupParent);
        host.CpuPeriod = Set(_cpuPeriod);
        host.CpuQuota = Set(_cpuQuota);
        host.CpuRealtimePeriod = Set(_cpuRealtimePeriod);
        host.CpuRealtimeRuntime = Set(_cpuRealtimeRuntime);
        host.CpuShares = Set(_cpuShares);
        host.NanoCpus = Set(_cpus);
        host.CpusetCpus = Set(_cpusetCpus);
        host.CpusetMems = Set(_cpusetMemory);
        host.BlkioDeviceReadBps = Set(_readBytes);
        host.BlkioDeviceReadIOps = Set(_readOperations);
        host.BlkioDeviceWriteBps = Set(_writeBytes);
        host.BlkioDeviceWriteIOps = Set(_writeOperations);
        host.Memory = Set(_memory);
        host.MemoryReservation = Set(_memoryReservation);
        host.MemorySwap = Set(_memorySwap);
        host.MemorySwappiness = _memorySwappiness.Value;
        host.OomKillDisable = _oomKillDisable.Value;
        host.OomScoreAdj = Set(_oomScore);
        host.PidsLimit = _pidsLimit.Value;
        host.ShmSize = Set(_shmSize);
        host.Ulimits = Set(_ulimits);
    }

    private static long? Set(Flag<long> flag) => flag.Value != 0 ? flag.Value : null;

    private static string? Set(Flag<string> flag) => flag.Value.Length > 0 ? flag.Value : null;

    private static List<T>? Set<T>(ListFlag<T> flag) => flag.Values.Count > 0 ? flag.Values : null;
}

/// <summary>Values of --blkio-weight-device and --device-*-bps/iops.</summary>
internal static class DeviceLimits
{
    public static WeightDevice Weight(string text)
    {
        var (path, value) = Split(text);
        return ulong.TryParse(value, out var weight) && (weight == 0 || weight is >= 10 and <= 1000)
            ? new WeightDevice { Path = path, Weight = (long)weight }
            : throw GantryException.InvalidArgument($"invalid weight for device: {text}");
    }

    public static ThrottleDevice Bytes(string text)
    {
        var (path, value) = Split(text);
        return Sizes.TryParseRam(value, out var rate, out _) && rate >= 0
            ? new ThrottleDevice { Path = path, Rate = rate }
            : throw GantryException.InvalidArgument(
                $"invalid rate for device: {text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb");
    }

    public static ThrottleDevice Operations(string text)
    {
        var (path, value) = Split(text);
        return long.TryParse(value, System.Globalization.NumberStyles.None, null, out var rate)
            ? new ThrottleDevice { Path = path, Rate = rate }
            : throw GantryException.InvalidArgument(
                $"invalid rate for device: {text}. The correct format is <device-path>:<number>. Number must be a positive integer");
    }

    private static (string Path, string Value) Split(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == text.Length - 1)
        {
            throw GantryException.InvalidArgument($"bad format: {text}");
        }

        return text.StartsWith("/dev/", StringComparison.Ordinal)
            ? (text[..colon], text[(colon + 1)..])
            : throw GantryException.InvalidArgument($"bad format for device path: {text}");
    }
}
