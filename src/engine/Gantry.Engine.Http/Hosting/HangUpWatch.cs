using System.Net.Sockets;
using Gantry.Engine.Diagnostics;
using Gantry.Linux;
using Gantry.Linux.Networking;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Engine.Http.Hosting;

/// <summary>
/// Notices that a client is gone altogether, on connections where nobody would: an attachment to a container that says nothing writes nothing,
/// and the end of what the client sends only means that it has nothing more to say. TCP can't tell the two apart before something is written.
/// </summary>
internal sealed class HangUpWatch(EngineLog log) : IDisposable
{
    private readonly EpollLoop _loop = new("hang-ups", e => log.Warn("watching clients failed", ("error", e.Message)));

    /// <summary>Fires <paramref name="gone"/> when the other end of the socket is closed. The caller disposes the result, at any time.</summary>
    internal IDisposable Add(Socket socket, CancellationTokenSource gone)
    {
        // A descriptor of its own: the transport may close the socket at any time.
        var watched = new Watched(_loop, new SafeFileHandle(RawFiles.Duplicate(socket.Handle.ToInt32()), ownsHandle: true), gone);
        _loop.Post(watched.Begin);
        return watched;
    }

    public void Dispose() => _loop.Dispose();

    /// <summary>Everything but <see cref="Dispose"/> happens on the loop's thread.</summary>
    private sealed class Watched(EpollLoop loop, SafeFileHandle handle, CancellationTokenSource gone) : IEpollHandler, IDisposable
    {
        private long? _token;

        internal void Begin() => _token = loop.Add(handle, EpollEvents.None, this);

        public void OnReady(EpollEvents events)
        {
            End();
            _ = gone.CancelAsync();
        }

        public void Dispose()
        {
            try
            {
                loop.Post(() =>
                {
                    End();
                    handle.Dispose();
                });
            }
            catch (ObjectDisposedException)
            {
                // The engine ends.
                handle.Dispose();
            }
        }

        private void End()
        {
            if (_token is { } token)
            {
                _token = null;
                loop.Remove(handle, token);
            }
        }
    }
}
