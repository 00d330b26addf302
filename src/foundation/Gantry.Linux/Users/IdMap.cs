using Gantry.Errors;

namespace Gantry.Linux;

/// <summary>Which ids of the host a user namespace's ids stand for; for users or for groups.</summary>
public sealed class IdMap(IReadOnlyList<IdRange> ranges)
{
    /// <summary>What the kernel shows for an id that has no counterpart (/proc/sys/kernel/overflowuid).</summary>
    private const uint Nobody = 65534;

    public IReadOnlyList<IdRange> Ranges { get; } = ranges;

    /// <summary>The host's id.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words: the namespace has no such id.</exception>
    public uint ToHost(uint id)
    {
        foreach (var range in Ranges)
        {
            if (id >= range.Inside && id - range.Inside < range.Count)
            {
                return range.Outside + (id - range.Inside);
            }
        }

        throw GantryException.InvalidArgument($"container ID {id} cannot be mapped to a host ID");
    }

    /// <summary>The namespace's id, as a process in it sees it: nobody's where it has none.</summary>
    public uint ToContainer(uint id)
    {
        foreach (var range in Ranges)
        {
            if (id >= range.Outside && id - range.Outside < range.Count)
            {
                return range.Inside + (id - range.Outside);
            }
        }

        return Nobody;
    }

    /// <summary>As written to <c>/proc/PID/uid_map</c>.</summary>
    public override string ToString() => string.Concat(Ranges.Select(r => $"{r.Inside} {r.Outside} {r.Count}\n"));
}
