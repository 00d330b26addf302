using System.Net;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Dns;

/// <summary>A name server to ask.</summary>
/// <param name="FromHost">Asked from the host's namespace: it listens on the host's loopback.</param>
internal sealed record Upstream(IPEndPoint Endpoint, bool FromHost);

/// <summary>Name servers in the order in which they are tried.</summary>
/// <param name="servers">In the order in which they are tried.</param>
/// <param name="reach">Told apart where it matters who asks: a container without a way out has no part in what others were answered.</param>
internal sealed class Upstreams(IReadOnlyList<Upstream> servers, string reach = "")
{
    /// <summary>No more than this many are tried for one question (resolv.conf(5): MAXNS).</summary>
    private const int MaxTried = 3;

    public IReadOnlyList<Upstream> Servers { get; } = [.. servers.Take(MaxTried)];

    /// <summary>Answers from different servers are kept apart by this.</summary>
    public string Key { get; } = reach + string.Join(' ', servers.Take(MaxTried).Select(s => $"{s.Endpoint}{(s.FromHost ? "@host" : "")}"));
}

/// <summary>What the name server of one container goes by.</summary>
/// <param name="Names">Names of containers.</param>
/// <param name="Upstreams">Where other questions go.</param>
/// <param name="Namespace">The container's namespace, from which upstreams are asked so that its own routes and rules hold.</param>
internal sealed record DnsContext(NameScope Names, Func<Upstreams> Upstreams, NetworkNamespace Namespace)
{
    private const int MaxInFlight = 256;

    private int _inFlight;

    /// <summary>Counts a question that goes out; false when too many are.</summary>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref _inFlight) <= MaxInFlight)
        {
            return true;
        }

        End();
        return false;
    }

    public void End() => Interlocked.Decrement(ref _inFlight);
}
