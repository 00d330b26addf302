using System.Collections.Concurrent;
using System.Net;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Ports;

/// <summary>
/// Ends the kernel's memory of UDP flows to a container whose ports are no longer published. A client that goes on sending from one port, as
/// resolvers and VPNs do, would else never reach the container that has the host port next. Done in the background: it takes the longer the more
/// flows the host has.
/// </summary>
internal sealed class FlowCleaner(NetlinkSocket netfilter, Action<string> warn)
{
    private const byte ProtocolUdp = 17;

    private readonly ConcurrentDictionary<IPAddress, Task> _running = new();

    public void Forget(IReadOnlyCollection<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            var cleaning = new Task(() => Clean(address));
            _running[address] = cleaning;
            cleaning.ContinueWith(_ => _running.TryRemove(new(address, cleaning)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            cleaning.Start(TaskScheduler.Default);
        }
    }

    /// <summary>Waits until nothing that is going on could take flows of an address's next owner for its last one's.</summary>
    public void WaitFor(IEnumerable<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            if (_running.TryGetValue(address, out var cleaning))
            {
                cleaning.Wait();
            }
        }
    }

    /// <summary>Waits for all that was begun.</summary>
    public Task FinishAsync() => Task.WhenAll(_running.Values);

    private void Clean(IPAddress address)
    {
        try
        {
            Conntrack.ForgetFlowsTo(netfilter, address, ProtocolUdp);
        }
        catch (LinuxException e)
        {
            warn($"can't end UDP flows to {address}: {e.Message}");
        }
    }
}
