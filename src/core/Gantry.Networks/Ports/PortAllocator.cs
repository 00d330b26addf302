using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Ports;

/// <summary>
/// Decides who has which host port. The truth is a bound socket per port, so that neither another container nor another program can get it;
/// the table here only tells the two apart for the error text.
/// </summary>
/// <param name="own">TCP ports that the engine itself listens on, for good.</param>
internal sealed class PortAllocator(ForwarderContext context, IReadOnlyList<IPEndPoint> own)
{
    private const string EphemeralRange = "/proc/sys/net/ipv4/ip_local_port_range";
    private const int Backlog = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Protocol, int Port), List<IPAddress>> _held =
        own.GroupBy(e => e.Port).ToDictionary(g => ("tcp", g.Key), g => g.Select(e => e.Address).ToList());
    private int _lastRandom;

    /// <summary>Takes all ports that are asked for, or none. A routed one takes no host port.</summary>
    /// <param name="former">What was held for the same requests until now: where they leave a choice, its numbers come first.</param>
    public List<HeldPort> Reserve(IEnumerable<PortSpec> specs, PortRoutes routes, IReadOnlyCollection<HeldPort> former)
    {
        var taken = new List<HeldPort>();
        try
        {
            foreach (var spec in specs)
            {
                taken.AddRange(Reserve(spec, routes, former));
            }

            return taken;
        }
        catch
        {
            Release(taken);
            throw;
        }
    }

    /// <summary>
    /// Takes ports again that a record says a running container has. Where another program got hold of one while no engine ran, the kernel
    /// still leads it to the container, but nothing holds it.
    /// </summary>
    public List<HeldPort> Restore(IEnumerable<PublishedPort> ports)
    {
        var result = new List<HeldPort>();
        foreach (var port in ports)
        {
            var address = IPAddress.Parse(port.HostIp);
            if (port.HostPort == 0)
            {
                result.Add(new HeldPort(port.Protocol, port.ContainerPort, address, 0));
                continue;
            }

            var spec = PortSpec.Parse(new PortRequest(port.Protocol, port.ContainerPort, port.HostIp, port.HostPort.ToString(CultureInfo.InvariantCulture)));
            try
            {
                result.AddRange(ReserveAt(spec, [address], port.HostPort));
            }
            catch (GantryException e)
            {
                context.Warn($"host port {port.HostPort}/{port.Protocol} of a running container: {e.Message}");
                result.Add(new HeldPort(port.Protocol, port.ContainerPort, address, port.HostPort));
            }
        }

        return result;
    }

    /// <summary>Closes ports; they are free for others when this returns.</summary>
    public void Release(IReadOnlyCollection<HeldPort> ports)
    {
        if (ports.Any(p => p.Forwarder is not null))
        {
            context.Loop.PostAndWait(() =>
            {
                foreach (var port in ports)
                {
                    port.Forwarder?.Close();
                }
            });
        }

        foreach (var port in ports)
        {
            Forget(port.Protocol, port.HostPort, port.HostIp);
        }
    }

    private List<HeldPort> Reserve(PortSpec spec, PortRoutes routes, IReadOnlyCollection<HeldPort> former)
    {
        var addresses = spec.HostIps.SelectMany(routes.HostAddresses).Distinct().ToList();
        var held = addresses.Where(a => !a.Routed).Select(a => a.HostIp).ToList();
        var reserved = held.Count == 0 ? [] : ReserveAny(spec, held, former);
        return
        [
            .. from address in addresses
               let port = address.Routed ? new HeldPort(spec.Protocol, spec.ContainerPort, address.HostIp, 0) : reserved.Find(r => r.HostIp.Equals(address.HostIp))
               where port is not null
               select port,
        ];
    }

    private List<HeldPort> ReserveAny(PortSpec spec, IReadOnlyList<IPAddress> addresses, IReadOnlyCollection<HeldPort> former)
    {
        GantryException? last = null;
        var numbers = former.Where(f => f.Protocol == spec.Protocol && f.ContainerPort == spec.ContainerPort && spec.Accepts(f.HostPort)).Select(f => f.HostPort);
        foreach (var port in numbers.Distinct().Concat(Candidates(spec)))
        {
            try
            {
                return ReserveAt(spec, addresses, port);
            }
            catch (GantryException e) when (e.Kind == ErrorKind.Conflict && !spec.IsOnePort)
            {
                last = e;
            }
        }

        throw new GantryException(ErrorKind.Internal, "all ports are allocated", last);
    }

    /// <summary>The one port, the range, or the ephemeral ports onward from the last one given.</summary>
    private IEnumerable<int> Candidates(PortSpec spec)
    {
        if (spec.First > 0)
        {
            return Enumerable.Range(spec.First, spec.Last - spec.First + 1);
        }

        var (low, high) = context.Host.RunHome(ReadEphemeralRange);
        var size = high - low + 1;
        return Enumerable.Range(0, size).Select(_ =>
        {
            var next = Interlocked.Increment(ref _lastRandom) - 1;
            return low + (int)((uint)next % (uint)size);
        });
    }

    private List<HeldPort> ReserveAt(PortSpec spec, IReadOnlyList<IPAddress> addresses, int port)
    {
        var held = new List<HeldPort>();
        try
        {
            foreach (var ip in addresses)
            {
                if (TryHold(spec, ip, port, implied: addresses.Count > 1 && spec.HostIps.Contains(null)) is { } one)
                {
                    held.Add(one);
                }
            }

            return held;
        }
        catch
        {
            Release(held);
            throw;
        }
    }

    /// <summary>Null where IPv6 was only implied and the host has none.</summary>
    private HeldPort? TryHold(PortSpec spec, IPAddress ip, int port, bool implied)
    {
        Claim(spec.Protocol, port, ip);
        try
        {
            var socket = context.Host.RunHome(() => Open(spec, ip, port));
            IPortForwarder forwarder = spec.Protocol switch
            {
                _ when !context.Relays => new PortHolder(socket),
                "udp" => new UdpForwarder(context, socket),
                _ => new TcpForwarder(context, socket, spec.SocketProtocol),
            };
            return new HeldPort(spec.Protocol, spec.ContainerPort, ip, port) { Forwarder = forwarder };
        }
        catch (Exception e)
        {
            Forget(spec.Protocol, port, ip);
            return e is LinuxException { Errno: Errno.EAFNOSUPPORT or Errno.EADDRNOTAVAIL } && implied && ip.Equals(IPAddress.IPv6Any)
                ? null
                : throw Translate(e, spec, ip, port);
        }
    }

    private void Claim(string protocol, int port, IPAddress ip)
    {
        lock (_lock)
        {
            ref var holders = ref CollectionsMarshal.GetValueRefOrAddDefault(_held, (protocol, port), out _);
            holders ??= [];
            if (holders.Any(h => Collide(h, ip)))
            {
                throw GantryException.Conflict($"Bind for {new IPEndPoint(ip, port)} failed: port is already allocated");
            }

            holders.Add(ip);
        }
    }

    private void Forget(string protocol, int port, IPAddress ip)
    {
        lock (_lock)
        {
            if (_held.TryGetValue((protocol, port), out var holders) && holders.Remove(ip) && holders.Count == 0)
            {
                _held.Remove((protocol, port));
            }
        }
    }

    private static bool Collide(IPAddress a, IPAddress b) =>
        a.AddressFamily == b.AddressFamily && (a.Equals(b) || IsAny(a) || IsAny(b));

    private static bool IsAny(IPAddress ip) => ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any);

    private static NativeSocket Open(PortSpec spec, IPAddress ip, int port)
    {
        var socket = NativeSocket.Open(ip.AddressFamily, spec.SocketType, spec.SocketProtocol);
        try
        {
            if (spec.SocketType == SocketType.Stream)
            {
                socket.ReuseAddress();
            }

            Check(socket.Bind(new IPEndPoint(ip, port)));
            Check(spec.SocketType == SocketType.Stream ? socket.Listen(Backlog) : 0);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new LinuxException("bind", -result);
        }
    }

    private static Exception Translate(Exception failure, PortSpec spec, IPAddress ip, int port)
    {
        var listen = $"listen {spec.Protocol}{(ip.AddressFamily == AddressFamily.InterNetworkV6 ? 6 : 4)} {new IPEndPoint(ip, port)}: bind:";
        return failure is not LinuxException linux ? failure : linux.Errno switch
        {
            Errno.EADDRINUSE => GantryException.Conflict($"failed to bind host port {new IPEndPoint(ip, port)}/{spec.Protocol}: {listen} address already in use", linux),
            Errno.EADDRNOTAVAIL => GantryException.Internal($"{listen} cannot assign requested address", linux),
            Errno.EPROTONOSUPPORT => GantryException.Internal($"{spec.Protocol}: protocol not supported", linux),
            _ => linux.ToGantry(listen),
        };
    }

    private static (int Low, int High) ReadEphemeralRange()
    {
        var parts = File.ReadAllText(EphemeralRange).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
