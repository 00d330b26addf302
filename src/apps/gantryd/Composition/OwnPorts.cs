using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>Where the engine itself listens, by address. What can't be listened on is found by the one who does.</summary>
internal static class OwnPorts
{
    /// <param name="host">Name or address; empty: all interfaces.</param>
    internal static IEnumerable<IPEndPoint> Of(string host, int port)
    {
        if (host.Length == 0)
        {
            return [new IPEndPoint(IPAddress.Any, port), new IPEndPoint(IPAddress.IPv6Any, port)];
        }

        if (IPAddress.TryParse(host, out var address))
        {
            return [new IPEndPoint(address, port)];
        }

        try
        {
            return Dns.GetHostAddresses(host).Select(a => new IPEndPoint(a, port));
        }
        catch (SocketException)
        {
            return [];
        }
    }

    /// <param name="address"><c>HOST:PORT</c>, or empty.</param>
    internal static IEnumerable<IPEndPoint> Of(string address)
    {
        var colon = address.LastIndexOf(':');
        return colon >= 0 && int.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? Of(address[..colon].Trim('[', ']'), port)
            : [];
    }
}
