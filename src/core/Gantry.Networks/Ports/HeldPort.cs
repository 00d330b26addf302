using System.Net;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Ports;

/// <summary>
/// A host port that a container owns: the bound socket that keeps others off it, and the forwarder on that socket for what the kernel's
/// translation does not reach (IPv6 clients of an IPv4 container, or a lost nftables table).
/// </summary>
/// <param name="HostIp">Unspecified address for all of its family.</param>
/// <param name="HostPort">0 for a port of the container that is only opened, not translated.</param>
internal sealed record HeldPort(string Protocol, int ContainerPort, IPAddress HostIp, int HostPort)
{
    /// <summary>Null when a restarted engine found the port taken by another program: then only the kernel's translation is left.</summary>
    public IPortForwarder? Forwarder { get; init; }

    public bool AnyAddress => HostIp.Equals(IPAddress.Any) || HostIp.Equals(IPAddress.IPv6Any);

    public PublishedPort ToPublished() => new(Protocol, ContainerPort, HostIp.ToString(), HostPort);
}

/// <summary>Carries traffic of one host port to a container in user mode.</summary>
internal interface IPortForwarder
{
    /// <summary>Sets where traffic goes; null refuses new connections and ends those that are open.</summary>
    void SetTarget(IPEndPoint? target);

    /// <summary>Closes the host port.</summary>
    void Close();
}

/// <summary>Keeps a host port from others and carries nothing.</summary>
internal sealed class PortHolder(NativeSocket socket) : IPortForwarder
{
    public void SetTarget(IPEndPoint? target)
    {
        // Traffic is the kernel's alone.
    }

    public void Close() => socket.Dispose();
}

/// <summary>What forwarders need: the loop they run on and the host's namespace for their connections.</summary>
/// <param name="Relays">False: host ports are held, but nothing is carried in user mode.</param>
internal sealed record ForwarderContext(EpollLoop Loop, NamespaceThread Host, Action<string> Warn, bool Relays = true)
{
    private const int MaxDatagram = 65535;

    private byte[]? _datagram;

    /// <summary>Room for one datagram; for use on the loop's thread, which handles one at a time.</summary>
    public byte[] Datagram => _datagram ??= new byte[MaxDatagram];
}
