using System.Globalization;
using System.Runtime.CompilerServices;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Stats;

/// <summary>A container's resource use, once or every second.</summary>
internal sealed class StatsFlow(EngineCore core)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>Samples until the container is gone. Of a container that doesn't run they are empty.</summary>
    internal async IAsyncEnumerable<ContainerStatsResponse> StreamAsync(Container container, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ContainerStats? previous = null;
        using var timer = new PeriodicTimer(s_interval);
        do
        {
            var current = Read(container);
            yield return StatsView.Describe(container.Record, current, previous, Networks(container));
            previous = current;
            await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
        while (core.Containers.TryGet(container.Id, out _));
    }

    /// <summary>One sample; unless it is to be quick, with one of a second before to compare it with.</summary>
    internal async Task<ContainerStatsResponse> OnceAsync(Container container, bool quick, CancellationToken cancellationToken)
    {
        var previous = quick ? null : Read(container);
        if (previous is not null)
        {
            await Task.Delay(s_interval, cancellationToken).ConfigureAwait(false);
        }

        return StatsView.Describe(container.Record, Read(container), previous, Networks(container));
    }

    private ContainerStats? Read(Container container)
    {
        if (container.State.Phase is not (ContainerPhase.Running or ContainerPhase.Paused))
        {
            return null;
        }

        try
        {
            return core.Parts.Tasks.ReadStats(container.Id);
        }
        catch (GantryException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Conflict)
        {
            return null;
        }
    }

    /// <summary>Counters of the interfaces in the container's network namespace (proc(5), /proc/net/dev), without loopback.</summary>
    private static Dictionary<string, ContainerNetworkStats?>? Networks(Container container)
    {
        var record = container.Record;
        if (record.State.Pid == 0 || record.HostConfig.NetworkMode is "host" || record.HostConfig.NetworkMode!.StartsWith("container:", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return File.ReadLines($"/proc/{record.State.Pid}/net/dev").Skip(2).Select(Parse).Where(n => n.Name != "lo")
                .ToDictionary(n => n.Name, n => (ContainerNetworkStats?)n.Stats);
        }
        catch (IOException)
        {
            // The process ended meanwhile.
            return null;
        }
    }

    private static (string Name, ContainerNetworkStats Stats) Parse(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var n = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => ulong.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        return (line[..colon].Trim(), new ContainerNetworkStats
        {
            RxBytes = n[0],
            RxPackets = n[1],
            RxErrors = n[2],
            RxDropped = n[3],
            TxBytes = n[8],
            TxPackets = n[9],
            TxErrors = n[10],
            TxDropped = n[11],
        });
    }
}
