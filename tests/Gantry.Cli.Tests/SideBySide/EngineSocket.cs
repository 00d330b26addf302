using System.Net.Sockets;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>A Unix socket that answers as an engine; each connection is served on its own.</summary>
internal abstract class EngineSocket : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    protected EngineSocket(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(64);
        _ = AcceptAsync();
    }

    public virtual void Dispose() => _listener.Dispose();

    protected abstract Task ServeAsync(Socket client, Stream stream);

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeOneAsync(client);
        }
    }

    private async Task ServeOneAsync(Socket client)
    {
        try
        {
            using (client)
            {
                await using var stream = new NetworkStream(client);
                await ServeAsync(client, stream);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The client hung up.
        }
    }
}
