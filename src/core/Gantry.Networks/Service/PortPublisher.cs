using System.Collections.Immutable;
using System.Net;
using Gantry.Errors;
using Gantry.Networks.Firewall;
using Gantry.Networks.Ports;

namespace Gantry.Networks.Service;

/// <summary>Opens the ports of a sandbox on whichever endpoints have its default gateways.</summary>
internal sealed class PortPublisher(PortAllocator allocator, HostFirewall firewall, FlowCleaner flows)
{
    /// <summary>
    /// Leads the ports to <paramref name="to"/> instead of <paramref name="from"/>; either may be empty. Host ports are kept where the same ones
    /// are open on both, else given back and taken anew, with the numbers they had if those are still free. No port that was not open before is open when this throws.
    /// </summary>
    /// <param name="subject">Endpoint for error texts.</param>
    public void Move(SandboxEntry sandbox, EndpointInfo? subject, PortRoutes from, PortRoutes to)
    {
        if (sandbox.Options.Ports.Count == 0 && sandbox.Ports.IsEmpty)
        {
            return;
        }

        var specs = PortSpec.ParseAll(sandbox.Options.Ports);
        var former = sandbox.Ports;
        if (!sandbox.Ports.IsEmpty && !HasSameShape(sandbox.Ports, specs, to))
        {
            Lead(sandbox, [], from, PortRoutes.None);
        }

        var reserved = !to.IsEmpty && sandbox.Ports.IsEmpty ? Reserve(specs, subject, to, former) : [];
        if (!sandbox.Ports.IsEmpty || reserved.Count > 0)
        {
            Lead(sandbox, reserved, from, to);
        }
    }

    /// <summary>Takes back what a record says, for a sandbox that outlived an engine.</summary>
    public void Restore(SandboxEntry sandbox, IReadOnlyList<PublishedPort> ports, PortRoutes routes)
    {
        sandbox.Ports = [.. allocator.Restore(ports)];
        firewall.ChangePorts([], [.. routes.Mappings(sandbox.Ports)]);
        Aim(routes, sandbox.Ports);
    }

    /// <summary>Lets go of the host ports in this process; the kernel goes on leading them to the container.</summary>
    public void Close(SandboxEntry sandbox) => allocator.Release(sandbox.Ports);

    private static bool HasSameShape(ImmutableArray<HeldPort> held, List<PortSpec> specs, PortRoutes routes)
    {
        var now = held.Select(h => (h.Protocol, h.ContainerPort, h.HostIp, h.HostPort == 0)).ToHashSet();
        return now.SetEquals(
            from spec in specs
            from address in spec.HostIps.SelectMany(routes.HostAddresses)
            select (spec.Protocol, spec.ContainerPort, address.HostIp, address.Routed));
    }

    private void Lead(SandboxEntry sandbox, List<HeldPort> reserved, PortRoutes from, PortRoutes to)
    {
        var ports = sandbox.Ports.AddRange(reserved);
        if (!to.IsEmpty && ports.Any(p => p.Protocol == "udp"))
        {
            flows.WaitFor(Addresses(to));
        }

        try
        {
            firewall.ChangePorts([.. from.Mappings(ports)], [.. to.Mappings(ports)]);
        }
        catch
        {
            allocator.Release(to.IsEmpty ? ports : reserved);
            sandbox.Ports = to.IsEmpty ? [] : sandbox.Ports;
            throw;
        }

        ForgetFlows(from, ports);
        if (to.IsEmpty)
        {
            allocator.Release(ports);
            ports = [];
        }

        Aim(to, ports);
        sandbox.Ports = ports;
    }

    private List<HeldPort> Reserve(List<PortSpec> specs, EndpointInfo? endpoint, PortRoutes routes, IReadOnlyCollection<HeldPort> former)
    {
        try
        {
            return allocator.Reserve(specs, routes, former);
        }
        catch (GantryException e)
        {
            throw new GantryException(
                ErrorKind.Internal,
                $"driver failed programming external connectivity on endpoint {endpoint?.ContainerName} ({endpoint?.EndpointId}): {e.Message}",
                e);
        }
    }

    private void ForgetFlows(PortRoutes routes, ImmutableArray<HeldPort> ports)
    {
        if (!routes.IsEmpty && ports.Any(p => p.Protocol == "udp"))
        {
            flows.Forget([.. Addresses(routes)]);
        }
    }

    private static IEnumerable<IPAddress> Addresses(PortRoutes routes) => new[] { routes.V4?.Address, routes.V6?.Address }.OfType<IPAddress>();

    private static void Aim(PortRoutes routes, ImmutableArray<HeldPort> ports)
    {
        foreach (var port in ports)
        {
            port.Forwarder?.SetTarget(routes.TargetOf(port));
        }
    }
}
