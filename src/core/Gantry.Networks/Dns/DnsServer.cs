using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Dns;

/// <summary>The name servers of all containers: one thread, one cache.</summary>
internal sealed class DnsServer : IDisposable
{
    private const int BindAttempts = 16;
    private const int Backlog = 64;
    private const int DnsPort = 53;
    private const string RedirectTable = "gantry_dns";

    private const int DatagramsAtOnce = 32;

    private readonly NamespaceThread _host;

    public DnsServer(NamespaceThread host, Action<string> warn)
    {
        _host = host;
        Warn = warn;
        Loop = new EpollLoop("dns", e => warn($"name server: {e.Message}"));
        Resolver = new DnsResolver(new DnsForwarder(host, new DnsCache(TimeProvider.System)));
    }

    public EpollLoop Loop { get; }

    /// <summary>For use on <see cref="Loop"/>.</summary>
    public DatagramBatch Batch { get; } = new(DatagramsAtOnce, DnsWire.MaxUdpSize);

    public DnsResolver Resolver { get; }

    public Action<string> Warn { get; }

    /// <summary>Starts the name server of a container.</summary>
    /// <param name="lastPort">Port it had under an earlier engine, whose rules are still in the namespace; 0 for a new container.</param>
    public DnsListener Start(DnsContext context, int lastPort)
    {
        try
        {
            var (udp, tcp) = _host.RunIn(context.Namespace, () => OpenInside(lastPort));
            return new DnsListener(this, context, udp, tcp);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("failed to start the name server of the container");
        }
    }

    public void Dispose()
    {
        Loop.Dispose();
        Batch.Dispose();
    }

    private static (NativeSocket Udp, NativeSocket Tcp) OpenInside(int lastPort)
    {
        if (lastPort != 0 && TryBind(lastPort) is { } same)
        {
            return same;
        }

        for (var attempt = 0; attempt < BindAttempts; attempt++)
        {
            if (TryBind(0) is { } sockets)
            {
                Redirect(sockets.Udp.LocalPort, replace: lastPort != 0);
                return sockets;
            }
        }

        throw new GantryException(ErrorKind.ResourceExhausted, "no free port for the name server of the container");
    }

    /// <summary>Binds both protocols to one port; null when it is taken.</summary>
    private static (NativeSocket Udp, NativeSocket Tcp)? TryBind(int port)
    {
        var address = IPAddress.Parse(DnsListener.Address);
        var udp = NativeSocket.Open(AddressFamily.InterNetwork, SocketType.Dgram);
        var tcp = NativeSocket.Open(AddressFamily.InterNetwork, SocketType.Stream);
        if (udp.Bind(new IPEndPoint(address, port)) >= 0 && tcp.Bind(new IPEndPoint(address, udp.LocalPort)) >= 0 && tcp.Listen(Backlog) >= 0)
        {
            return (udp, tcp);
        }

        udp.Dispose();
        tcp.Dispose();
        return null;
    }

    private static void Redirect(int port, bool replace)
    {
        using var netfilter = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        NfRedirect.Put(netfilter, RedirectTable, IPAddress.Parse(DnsListener.Address), DnsPort, (ushort)port, replace);
    }
}
