using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Http.Hosting;

/// <summary>Binds a unix socket so that nobody outside root and the group can connect at any moment.</summary>
internal static class UnixListener
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>
    /// Binds beside <paramref name="path"/>, sets mode 0660 and the group, then renames: a stale socket file is replaced atomically.
    /// The caller owns the socket and removes the file at the end.
    /// </summary>
    /// <exception cref="GantryException">Conflict: another process answers on this path.</exception>
    internal static Socket Bind(string path, int? groupId)
    {
        if (IsAnswered(path))
        {
            throw GantryException.Conflict($"can't create unix socket {path}: address already in use");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        File.Delete(temporary);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(temporary));
            if (groupId is { } gid)
            {
                Ownership.Change(temporary, -1, gid);
            }

            File.SetUnixFileMode(temporary, Mode);
            File.Move(temporary, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsAnswered(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
