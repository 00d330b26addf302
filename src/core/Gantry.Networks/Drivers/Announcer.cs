using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Drivers;

/// <summary>
/// Announces addresses in the background. No socket stays open between two messages: one would keep an ended container's namespace, and with it the
/// interface that still answers for the addresses.
/// </summary>
internal sealed class Announcer(NamespaceThread host)
{
    private static readonly TimeSpan s_portStep = TimeSpan.FromMilliseconds(2);
    private const int PortSteps = 50;
    private const string Forwarding = "3";

    /// <summary>Returns at once; ends by itself when the interface or its namespace goes.</summary>
    public void Begin(EndpointPlan plan, int interfaceIndex, NetworkNamespace target)
    {
        if (plan.Announcement.Count > 0 && plan.Addresses.Count > 0 && HasOwnMac(plan))
        {
            _ = Task.Run(() => AnnounceAsync(plan, interfaceIndex, target));
        }
    }

    /// <summary>Interfaces of ipvlan share their parent's.</summary>
    private static bool HasOwnMac(EndpointPlan plan) => plan.Mac.Length > 0 && plan.Parent is not { Settings.Driver: not "macvlan" };

    private async Task AnnounceAsync(EndpointPlan plan, int interfaceIndex, NetworkNamespace target)
    {
        await UntilForwardingAsync(plan.HostName).ConfigureAwait(false);
        for (var sent = 0; sent < plan.Announcement.Count; sent++)
        {
            if (sent > 0)
            {
                await Task.Delay(plan.Announcement.Interval).ConfigureAwait(false);
            }

            try
            {
                using var socket = host.RunIn(target, PacketSocket.Open);
                if (!Announcement.TrySend(socket, interfaceIndex, plan.Mac, plan.Addresses.Select(a => a.Address)))
                {
                    return;
                }
            }
            catch (Exception e) when (e is LinuxException or ObjectDisposedException or InvalidOperationException)
            {
                // The container, or the engine, has ended.
                return;
            }
        }
    }

    /// <summary>A new port of a bridge drops frames until the kernel has seen its carrier, a moment after it is up.</summary>
    private static async Task UntilForwardingAsync(string hostName)
    {
        var state = $"/sys/class/net/{hostName}/brport/state";
        for (var step = 0; hostName.Length > 0 && step < PortSteps; step++)
        {
            try
            {
                if ((await File.ReadAllTextAsync(state).ConfigureAwait(false)).Trim() == Forwarding)
                {
                    return;
                }
            }
            catch (IOException)
            {
                // The host's interfaces are not the ones of our /sys.
                return;
            }

            await Task.Delay(s_portStep).ConfigureAwait(false);
        }
    }
}
