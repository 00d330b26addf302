using System.Net.Sockets;
using System.Text;
using Gantry.Linux;

namespace Gantry.Plugins;

/// <summary>Connecting to a plugin's unix socket.</summary>
public static class PluginSocket
{
    /// <summary>What fits into a socket's address (unix(7)).</summary>
    private const int MaxAddress = 107;

    /// <summary>Connects, however long the path is. The caller disposes the socket.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<Socket> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(path) <= MaxAddress)
        {
            return await ConnectShortAsync(path, cancellationToken).ConfigureAwait(false);
        }

        var directory = FileAt.TryOpen(FileAt.CurrentDirectory, Path.GetDirectoryName(path)!, OpenAtFlags.Path | OpenAtFlags.Directory);
        if (directory < 0)
        {
            throw new SocketException((int)SocketError.AddressNotAvailable, $"no such directory: {Path.GetDirectoryName(path)}");
        }

        try
        {
            return await ConnectShortAsync($"{FileAt.DescriptorPath(directory)}/{Path.GetFileName(path)}", cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FileAt.Close(directory);
        }
    }

    private static async Task<Socket> ConnectShortAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
