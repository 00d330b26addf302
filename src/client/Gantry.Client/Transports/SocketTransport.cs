using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Client.Transports;

/// <summary>A unix or TCP socket, without TLS.</summary>
public sealed class SocketTransport(EngineHost host) : ITransport
{
    public EngineHost Host { get; } = host;

    public async Task<DuplexStream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (Host.Scheme == HostScheme.Unix)
        {
            return ConnectUnix();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await ConnectAsync(socket, cancellationToken).ConfigureAwait(false);
            return new SocketStream(socket);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw Refused(e, isDenied: false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private UnixStream ConnectUnix()
    {
        try
        {
            return UnixStream.Connect(Host.Address);
        }
        catch (LinuxException e)
        {
            throw Refused(e, e.Errno == Errno.EACCES);
        }
    }

    private async Task ConnectAsync(Socket socket, CancellationToken cancellationToken)
    {
        var colon = Host.Address.LastIndexOf(':');
        var name = Host.Address[..colon].Trim('[', ']');
        var port = int.Parse(Host.Address.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        if (IPAddress.TryParse(name, out var address))
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await socket.ConnectAsync(name, port, cancellationToken).ConfigureAwait(false);
        }
    }

    private GantryException Refused(Exception e, bool isDenied)
    {
        if (isDenied)
        {
            var escaped = Uri.EscapeDataString(Host.Address);
            return new GantryException(
                ErrorKind.Forbidden,
                $"permission denied while trying to connect to the Docker daemon socket at {Host.Text}: Get \"http://{escaped}/_ping\": dial unix {Host.Address}: connect: permission denied",
                e);
        }

        return GantryException.Unavailable($"Cannot connect to the Docker daemon at {Host.Text}. Is the docker daemon running?", e);
    }
}

/// <summary>A connected socket as a stream.</summary>
internal sealed class SocketStream(Socket socket) : DuplexStream
{
    public override bool IsStale => socket.Poll(0, SelectMode.SelectRead);

    public override void WaitReadable(TimeSpan patience) => socket.Poll(patience, SelectMode.SelectRead);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var sent = await socket.SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            buffer = buffer[sent..];
        }
    }

    public override ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        socket.Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
        }

        base.Dispose(disposing);
    }
}
