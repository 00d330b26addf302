using System.Net;
using Gantry.Networks.Drivers;
using Gantry.Networks.Firewall;
using Gantry.Networks.Ports;

namespace Gantry.Networks.Service;

/// <summary>Which endpoints have a container's default routes and its ports.</summary>
public sealed partial class NetworkService
{
    /// <summary>Lets the right endpoints have default routes and ports.</summary>
    private void SettleGateway(SandboxEntry sandbox)
    {
        var (old, next) = (sandbox.Gateways, ChooseGateways(sandbox));
        if (old.IsSame(next) || sandbox.Namespace is not { } target)
        {
            return;
        }

        _publisher.Move(sandbox, next.First, PortRoutesOf(old), PortRoutesOf(next));
        sandbox.Gateways = next;
        _endpoints.SetGateways(target, RoutesOf(old), RoutesOf(next));
        TellOfPorts(sandbox, old.First, next.First);
    }

    /// <summary>
    /// By priority, then name: the first that leads out in both families, else the first of each. Internal networks lead nowhere.
    /// </summary>
    private GatewayPair ChooseGateways(SandboxEntry sandbox)
    {
        var candidates = sandbox.Endpoints.Where(e => _networks.ContainsKey(e.NetworkId))
            .OrderByDescending(e => e.Options.GwPriority).ThenBy(e => e.NetworkName, StringComparer.Ordinal).ToList();
        var both = candidates.FirstOrDefault(e => LeadsOut(e, v6: false) && LeadsOut(e, v6: true));
        var (four, six) = (candidates.FirstOrDefault(e => LeadsOut(e, v6: false)), candidates.FirstOrDefault(e => LeadsOut(e, v6: true)));
        return both is null ? new GatewayPair(four, six) : new GatewayPair(both, both);
    }

    private bool LeadsOut(EndpointInfo endpoint, bool v6) => RouteOf(endpoint, v6) is not null;

    private GatewayRoute? RouteOf(EndpointInfo endpoint, bool v6)
    {
        var (address, gateway) = v6 ? (endpoint.GlobalIPv6Address, endpoint.IPv6Gateway) : (endpoint.IPAddress, endpoint.Gateway);
        if (address.Length > 0 && _networks.GetValueOrDefault(endpoint.NetworkId) is { RoutesToDevice: true })
        {
            return new GatewayRoute(endpoint.InterfaceName, v6 ? IPAddress.IPv6Any : IPAddress.Any);
        }

        return gateway.Length > 0 ? new GatewayRoute(endpoint.InterfaceName, IPAddress.Parse(gateway)) : null;
    }

    private List<GatewayRoute> RoutesOf(GatewayPair pair)
    {
        var four = pair.V4 is null ? null : RouteOf(pair.V4, v6: false);
        var six = pair.V6 is null ? null : RouteOf(pair.V6, v6: true);
        return [.. new[] { four, six }.OfType<GatewayRoute>()];
    }

    /// <summary>Only bridge networks publish ports.</summary>
    private PortRoutes PortRoutesOf(GatewayPair pair)
    {
        var four = PortRouteOf(pair.V4, v6: false);
        return new PortRoutes(four, PortRouteOf(pair.V6, v6: true), Relay6To4: _options.UserlandProxy && four is not null && pair.V6 is null);
    }

    private PortRoute? PortRouteOf(EndpointInfo? endpoint, bool v6)
    {
        var address = v6 ? endpoint?.GlobalIPv6Address : endpoint?.IPAddress;
        if (string.IsNullOrEmpty(address) || _networks.GetValueOrDefault(endpoint!.NetworkId) is not { IsBridge: true } network)
        {
            return null;
        }

        var settings = network.Settings;
        var mode = v6 ? settings.Mode6 : settings.Mode4;
        var direct = _options.AllowDirectRouting || mode == GatewayMode.Routed ? DirectAccess.Everybody
            : settings.TrustedInterfaces.Count > 0 ? DirectAccess.Trusted : DirectAccess.Nobody;
        return new PortRoute(IPAddress.Parse(address), mode, settings.HostBinding, direct);
    }
}
