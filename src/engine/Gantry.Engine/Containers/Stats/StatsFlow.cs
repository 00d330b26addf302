using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Stats;

/// <summary>A container's resource use, once or every second.</summary>
internal sealed class StatsFlow(EngineCore core)
{
    /// <summary>Milliseconds.</summary>
    private const long Interval = 1000;

    /// <summary>Samples until the container is gone. Of a container that doesn't run they are empty.</summary>
    internal async IAsyncEnumerable<ContainerStatsResponse> StreamAsync(Container container, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ContainerStats? previous = null;
        do
        {
            var current = Read(container);
            yield return StatsView.Describe(container.Record, current, previous, Networks(container));
            previous = current;
            await Task.Delay(UntilNextRound(Environment.TickCount64), cancellationToken).ConfigureAwait(false);
        }
        while (core.Containers.TryGet(container.Id, out _));
    }

    /// <summary>
    /// All streams take their samples in the same rounds, so that one look at the host's clocks serves them all and the processor wakes once. A first
    /// interval is between half a round and one and a half.
    /// </summary>
    private static TimeSpan UntilNextRound(long now)
    {
        var wait = Interval - (now % Interval);
        return TimeSpan.FromMilliseconds(wait < Interval / 2 ? wait + Interval : wait);
    }

    /// <summary>One sample; unless it is to be quick, with one of a second before to compare it with.</summary>
    internal async Task<ContainerStatsResponse> OnceAsync(Container container, bool quick, CancellationToken cancellationToken)
    {
        var previous = quick ? null : Read(container);
        if (previous is not null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Interval), cancellationToken).ConfigureAwait(false);
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

        // Nothing when the process ended meanwhile.
        return RawFiles.ReadFile($"/proc/{record.State.Pid}/net/dev", ParseNetworks);
    }

    private static Dictionary<string, ContainerNetworkStats?> ParseNetworks(ReadOnlySpan<byte> table)
    {
        var networks = new Dictionary<string, ContainerNetworkStats?>();
        foreach (var range in table.Split((byte)'\n'))
        {
            // Two lines of headings have no colon.
            var line = table[range];
            var colon = line.IndexOf((byte)':');
            var name = colon < 0 ? default : line[..colon].TrimStart((byte)' ');
            if (name.Length > 0 && !name.SequenceEqual("lo"u8))
            {
                networks[Encoding.UTF8.GetString(name)] = ParseCounters(line[(colon + 1)..]);
            }
        }

        return networks;
    }

    private static ContainerNetworkStats ParseCounters(ReadOnlySpan<byte> text)
    {
        Span<ulong> n = stackalloc ulong[12];
        for (var i = 0; i < n.Length; i++)
        {
            text = text.TrimStart((byte)' ');
            _ = Utf8Parser.TryParse(text, out n[i], out var length);
            text = text[length..];
        }

        return new ContainerNetworkStats
        {
            RxBytes = n[0],
            RxPackets = n[1],
            RxErrors = n[2],
            RxDropped = n[3],
            TxBytes = n[8],
            TxPackets = n[9],
            TxErrors = n[10],
            TxDropped = n[11],
        };
    }
}
