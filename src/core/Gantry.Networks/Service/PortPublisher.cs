using System.Collections.Immutable;
using System.Net;
using Gantry.Errors;
using Gantry.Networks.Firewall;
using Gantry.Networks.Ports;

namespace Gantry.Networks.Service;

/// <summary>Opens the ports of a sandbox on whichever endpoint has its default gateway.</summary>
internal sealed class PortPublisher(PortAllocator allocator, HostFirewall firewall, FlowCleaner flows)
{
    /// <summary>
    /// Leads the ports to <paramref name="to"/> instead of <paramref name="from"/>; either may be null. Host ports are taken when there is
    /// somewhere to lead them and given back when there is not. No port that was not open before is open when this throws.
    /// </summary>
    /// <param name="defaultHostIp">Address for ports that name none; empty for all.</param>
    public void Move(SandboxEntry sandbox, EndpointInfo? from, EndpointInfo? to, string defaultHostIp)
    {
        if (sandbox.Options.Ports.Count == 0 && sandbox.Ports.IsEmpty)
        {
            return;
        }

        var reserved = to is not null && sandbox.Ports.IsEmpty ? Reserve(sandbox, to, defaultHostIp) : [];
        var ports = sandbox.Ports.AddRange(reserved);
        try
        {
            firewall.ChangePorts(Mappings(from, ports), Mappings(to, ports));
        }
        catch
        {
            allocator.Release(to is null ? ports : reserved);
            sandbox.Ports = to is null ? [] : sandbox.Ports;
            throw;
        }

        ForgetFlows(from, ports);
        if (to is null)
        {
            allocator.Release(ports);
            ports = [];
        }

        Aim(to, ports);
        sandbox.Ports = ports;
    }

    /// <summary>Takes back what a record says, for a sandbox that outlived an engine.</summary>
    public void Restore(SandboxEntry sandbox, EndpointInfo gateway)
    {
        sandbox.Ports = [.. allocator.Restore(gateway.Ports)];
        firewall.ChangePorts([], Mappings(gateway, sandbox.Ports));
        Aim(gateway, sandbox.Ports);
    }

    /// <summary>Lets go of the host ports in this process; the kernel goes on leading them to the container.</summary>
    public void Close(SandboxEntry sandbox) => allocator.Release(sandbox.Ports);

    private List<HeldPort> Reserve(SandboxEntry sandbox, EndpointInfo endpoint, string defaultHostIp)
    {
        try
        {
            return allocator.Reserve(sandbox.Options.Ports.Select(p => PortSpec.Parse(p, defaultHostIp)));
        }
        catch (GantryException e)
        {
            throw new GantryException(
                ErrorKind.Internal,
                $"driver failed programming external connectivity on endpoint {endpoint.ContainerName} ({endpoint.EndpointId}): {e.Message}",
                e);
        }
    }

    private void ForgetFlows(EndpointInfo? endpoint, ImmutableArray<HeldPort> ports)
    {
        if (endpoint is not null && ports.Any(p => p.Protocol == "udp"))
        {
            flows.Forget([.. new[] { endpoint.IPAddress, endpoint.GlobalIPv6Address }.Where(a => a.Length > 0).Select(IPAddress.Parse)]);
        }
    }

    private static List<PortMapping> Mappings(EndpointInfo? endpoint, ImmutableArray<HeldPort> ports) =>
        endpoint is null ? [] : [.. SandboxEntry.MappingsTo(endpoint, ports)];

    private static void Aim(EndpointInfo? endpoint, ImmutableArray<HeldPort> ports)
    {
        foreach (var port in ports)
        {
            port.Forwarder?.SetTarget(endpoint is null ? null : SandboxEntry.TargetOf(endpoint, port));
        }
    }
}
