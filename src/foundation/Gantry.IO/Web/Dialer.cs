using System.Net;
using System.Net.Sockets;

namespace Gantry.IO.Web;

/// <summary>A connection that could not be made; the message is in Go's words, which Docker's users know.</summary>
public sealed class DialException(string message, bool isTransient, Exception inner) : IOException(message, inner)
{
    /// <summary>The peer was too slow: another try may work. A name that can't be looked up is told at once; the resolver has tried again itself.</summary>
    public bool IsTransient { get; } = isTransient;
}

/// <summary>Makes TCP connections, trying a host's addresses in turn.</summary>
public static class Dialer
{
    /// <summary>How long one address may take while there are others left.</summary>
    private static readonly TimeSpan s_addressTimeout = TimeSpan.FromSeconds(5);

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="DialException">No address of the host takes the connection.</exception>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await ResolveAsync(host, cancellationToken).ConfigureAwait(false);
        var socket = await ConnectAnyAsync(addresses, port, cancellationToken).ConfigureAwait(false);
        var stream = new NetworkStream(socket, ownsSocket: true);
        var uri = context.InitialRequestMessage.RequestUri;
        return uri?.Scheme == "https" && uri.IdnHost.Trim('[', ']') == host ? new FirstRecordStream(stream) : stream;
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException exception)
        {
            var missing = exception.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData;
            throw new DialException($"dial tcp: lookup {host}{NameServer()}: {(missing ? "no such host" : "server misbehaving")}", isTransient: false, exception);
        }
    }

    private static async Task<Socket> ConnectAnyAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        DialException? first = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                if (address != addresses[^1])
                {
                    limit.CancelAfter(s_addressTimeout);
                }

                await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token).ConfigureAwait(false);
                return socket;
            }
            catch (Exception exception) when (exception is SocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                socket.Dispose();
                var failure = Describe(new IPEndPoint(address, port), exception);

                // Of several refusals the IPv4 one is what users look for.
                first = first is null || address.AddressFamily == AddressFamily.InterNetwork ? failure : first;
            }
            catch (Exception)
            {
                socket.Dispose();
                throw;
            }
        }

        throw first!;
    }

    private static DialException Describe(IPEndPoint endPoint, Exception exception)
    {
        var text = (exception as SocketException)?.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connect: connection refused",
            SocketError.NetworkUnreachable => "connect: network is unreachable",
            SocketError.HostUnreachable => "connect: no route to host",
            SocketError.ConnectionReset => "connect: connection reset by peer",
            SocketError.TimedOut or null => "i/o timeout",
            _ => $"connect: {exception.Message}",
        };
        return new DialException($"dial tcp {endPoint}: {text}", text == "i/o timeout", exception);
    }

    /// <summary>Go names the server it asked; the resolver here is the C library's, whose first server is in resolv.conf.</summary>
    private static string NameServer()
    {
        try
        {
            var server = File.ReadLines("/etc/resolv.conf")
                .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                .FirstOrDefault(words => words is ["nameserver", _, ..] && IPAddress.TryParse(words[1], out _));
            return server is null ? string.Empty : $" on {new IPEndPoint(IPAddress.Parse(server[1]), 53)}";
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}
