using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Gantry.Logs.Drivers.Transport;

/// <summary>A connection to a log server that can be made anew. Failures are <see cref="LogDestinationException"/> with Go's texts.</summary>
internal sealed class LogConnection(LogAddress address, SslClientAuthenticationOptions? tls = null) : IAsyncDisposable
{
    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(10);

    private Socket? _socket;
    private Stream? _stream;

    internal LogAddress Address => address;

    /// <summary>When it was connected last.</summary>
    internal DateTimeOffset ConnectedAt { get; private set; }

    internal async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await CloseAsync().ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_connectLimit);
        var where = address.Text;
        try
        {
            var endPoint = await ResolveAsync(limit.Token).ConfigureAwait(false);
            where = endPoint is IPEndPoint ip ? new LogAddress(address.Network, ip.Address.ToString(), ip.Port, string.Empty).Text : where;
            _socket = Create(endPoint);
            await _socket.ConnectAsync(endPoint, limit.Token).ConfigureAwait(false);
            if (address.IsStream)
            {
                _stream = new NetworkStream(_socket, ownsSocket: false);
                await SecureAsync(limit.Token).ConfigureAwait(false);
            }

            ConnectedAt = DateTimeOffset.UtcNow;
        }
        catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await CloseAsync().ConfigureAwait(false);
            throw new LogDestinationException(Describe(e, where), e);
        }
    }

    /// <summary>Sends all of it: as one datagram, or in the stream.</summary>
    internal async Task SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var socket = _socket ?? throw new LogDestinationException("not connected");
        try
        {
            if (_stream is null)
            {
                await SendDatagramAsync(socket, data, cancellationToken).ConfigureAwait(false);
                return;
            }

            await _stream.WriteAsync(data, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            throw new LogDestinationException($"write {address.Network} {address.Text}: {Reason(e)}", e);
        }
    }

    /// <summary>Reads an answer; 0 at the end.</summary>
    internal async Task<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return _stream is null ? 0 : await _stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            throw new LogDestinationException($"read {address.Network} {address.Text}: {Reason(e)}", e);
        }
    }

    /// <summary>Whether the other side of a stream has closed: what is written then is lost without an error.</summary>
    internal bool IsClosedByPeer
    {
        get
        {
            try
            {
                return _stream is not null && _socket!.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;
            }
            catch (SocketException)
            {
                return true;
            }
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <summary>Datagrams may get lost. A host where nobody listens says so about the one before, which must not stop this one: that is no failure.</summary>
    private async Task SendDatagramAsync(Socket socket, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                await socket.SendAsync(data, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (SocketException e) when (address.Network == "udp" && e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                continue;
            }
        }
    }

    private async Task CloseAsync()
    {
        if (_stream is not null)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }

        _socket?.Dispose();
        (_stream, _socket) = (null, null);
    }

    private async Task<EndPoint> ResolveAsync(CancellationToken cancellationToken)
    {
        if (address.Path.Length > 0)
        {
            return new UnixDomainSocketEndPoint(address.Path);
        }

        if (IPAddress.TryParse(address.Host, out var literal))
        {
            return new IPEndPoint(literal, address.Port);
        }

        var host = address.Host.Length == 0 ? "localhost" : address.Host;
        var found = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        return found.Length > 0
            ? new IPEndPoint(found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0], address.Port)
            : throw new SocketException((int)SocketError.HostNotFound);
    }

    private Socket Create(EndPoint endPoint) => address.Network switch
    {
        "unix" => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        "unixgram" => new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified),
        "udp" => new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp),
        _ => new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
    };

    private async Task SecureAsync(CancellationToken cancellationToken)
    {
        if (tls is not null)
        {
            var secure = new SslStream(_stream!, leaveInnerStreamOpen: false);
            _stream = secure;
            await secure.AuthenticateAsClientAsync(tls, cancellationToken).ConfigureAwait(false);
        }
    }

    private string Describe(Exception e, string where)
    {
        var network = address.Network == "tcp+tls" ? "tcp" : address.Network;
        return e switch
        {
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"dial {network}: lookup {address.Host}: no such host",
            SocketException => $"dial {network} {where}: connect: {Reason(e)}",
            OperationCanceledException => $"dial {network} {where}: i/o timeout",
            _ => "tls: " + e.Message,
        };
    }

    private static string Reason(Exception e) => (e as SocketException ?? e.InnerException as SocketException)?.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network is unreachable",
        SocketError.TimedOut => "connection timed out",
        SocketError.ConnectionReset => "connection reset by peer",
        SocketError.Shutdown => "broken pipe",
        SocketError.AddressNotAvailable => "no such file or directory",
        SocketError.MessageSize => "message too long",
        _ => e.Message,
    };
}
