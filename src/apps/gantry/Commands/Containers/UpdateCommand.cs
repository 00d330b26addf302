using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker update.</summary>
internal sealed class UpdateCommand(FlagSet flags) : Command
{
    private readonly FlagSet _flags = flags;
    private readonly Flag<ulong> _blkioWeight = flags.Value(
        "blkio-weight", "uint16", "Block IO (relative weight), between 10 and 1000, or 0 to disable", 0UL, t => FlagValues.Unsigned(t, 16), @default: "0");

    private readonly Flag<long> _cpuPeriod = flags.Int("cpu-period", "Limit CPU CFS (Completely Fair Scheduler) period");
    private readonly Flag<long> _cpuQuota = flags.Int("cpu-quota", "Limit CPU CFS (Completely Fair Scheduler) quota");
    private readonly Flag<long> _cpuRealtimePeriod = flags.Int("cpu-rt-period", "Limit the CPU real-time period in microseconds");
    private readonly Flag<long> _cpuRealtimeRuntime = flags.Int("cpu-rt-runtime", "Limit the CPU real-time runtime in microseconds");
    private readonly Flag<long> _cpuShares = flags.Int("cpu-shares", "CPU shares (relative weight)", 'c');
    private readonly Flag<long> _cpus = flags.Value("cpus", "decimal", "Number of CPUs", 0L, FlagValues.NanoCpus);
    private readonly Flag<string> _cpusetCpus = flags.String("cpuset-cpus", "CPUs in which to allow execution (0-3, 0,1)");
    private readonly Flag<string> _cpusetMemory = flags.String("cpuset-mems", "MEMs in which to allow execution (0-3, 0,1)");
    private readonly Flag<long> _memory = flags.Bytes("memory", "Memory limit", 'm');
    private readonly Flag<long> _memoryReservation = flags.Bytes("memory-reservation", "Memory soft limit");
    private readonly Flag<long> _memorySwap = flags.Bytes("memory-swap", "Swap limit equal to memory plus swap: -1 to enable unlimited swap", allowUnlimited: true);
    private readonly Flag<long> _pidsLimit = flags.Int("pids-limit", "Tune container pids limit (set -1 for unlimited)");
    private readonly Flag<string> _restart = flags.String("restart", "Restart policy to apply when a container exits");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (!_flags.All.Any(f => f.Changed))
        {
            throw new CliException("you must provide one or more flags when using this command", 1);
        }

        var request = Request();
        var warnings = new List<string>();
        var code = await Each.InTurnAsync(cli, arguments, container => UpdateAsync(cli, container, request, warnings, cancellationToken));
        warnings.ForEach(cli.Out.WriteLine);
        return code;
    }

    private static async Task UpdateAsync(Cli cli, string container, ContainerUpdateRequest request, List<string> warnings, CancellationToken cancellationToken)
    {
        var response = await cli.Client.UpdateContainerAsync(container, request, cancellationToken);
        foreach (var warning in response.Warnings ?? [])
        {
            warnings.Add(warning);
        }
    }

    private ContainerUpdateRequest Request() => new()
    {
        BlkioWeight = (long)_blkioWeight.Value,
        CpusetCpus = _cpusetCpus,
        CpusetMems = _cpusetMemory,
        CpuShares = _cpuShares,
        Memory = _memory,
        MemoryReservation = _memoryReservation,
        MemorySwap = _memorySwap,
        CpuPeriod = _cpuPeriod,
        CpuQuota = _cpuQuota,
        CpuRealtimePeriod = _cpuRealtimePeriod,
        CpuRealtimeRuntime = _cpuRealtimeRuntime,
        NanoCpus = _cpus,
        PidsLimit = _pidsLimit.Changed ? _pidsLimit.Value : null,
        RestartPolicy = _restart.Changed ? RestartPolicies.Parse(_restart) : new RestartPolicy { Name = "", MaximumRetryCount = 0 },
    };
}
