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

    private Task _last = Task.CompletedTask;

    public void Forget(IReadOnlyCollection<IPAddress> addresses) => _last = Task.Run(() =>
    {
        try
        {
            foreach (var address in addresses)
            {
                Conntrack.ForgetFlowsTo(netfilter, address, ProtocolUdp);
            }
        }
        catch (LinuxException e)
        {
            warn($"can't end UDP flows to {string.Join(", ", addresses)}: {e.Message}");
        }
    });

    /// <summary>Waits for what was begun last.</summary>
    public Task FinishAsync() => _last;
}
