using System.Net;
using Gantry.Networks.Firewall;

namespace Gantry.Networks.Service;

public sealed partial class NetworkService
{
    public void AllowLinks(IReadOnlyCollection<LinkAccess> links) => _firewall.SetLinks(
    [
        .. from link in links
           from addresses in IsolatedPairs(link)
           from port in link.Ports
           select new LinkedPort(addresses.From, addresses.To, port.Protocol, port.Port),
    ]);

    public async Task UnlinkAsync(string containerId, string alias, CancellationToken ct)
    {
        var sandbox = GetSandbox(containerId);
        using (await sandbox.EnterAsync(ct).ConfigureAwait(false))
        {
            foreach (var endpoint in sandbox.Endpoints)
            {
                var left = endpoint.Options.Links.Where(l => l.Split(':', 2)[^1] != alias).ToList();
                if (left.Count < endpoint.Options.Links.Count)
                {
                    Exchange(sandbox, endpoint, endpoint with { Options = endpoint.Options with { Links = left } });
                }
            }

            _records.Save(sandbox.ToState());
        }
    }

    /// <summary>Addresses of the two on networks that keep their containers from each other. Links know IPv4 only, as Docker's do.</summary>
    private IEnumerable<(IPAddress From, IPAddress To)> IsolatedPairs(LinkAccess link) =>
        from mine in EndpointsOf(link.From)
        from other in EndpointsOf(link.To)
        where mine.NetworkId == other.NetworkId && mine.IPAddress.Length > 0 && other.IPAddress.Length > 0
            && _networks.GetValueOrDefault(mine.NetworkId) is { IsBridge: true, Settings.Intercom: false }
        select (IPAddress.Parse(mine.IPAddress), IPAddress.Parse(other.IPAddress));

    private IReadOnlyList<EndpointInfo> EndpointsOf(string containerId) => _sandboxes.GetValueOrDefault(containerId)?.Endpoints ?? [];
}
