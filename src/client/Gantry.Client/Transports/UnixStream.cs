using System.Net.Sockets;
using Gantry.Linux;

namespace Gantry.Client.Transports;

/// <summary>
/// A connection to a unix socket. As long as every read finds something and every write finds room, it is system calls on the caller's thread;
/// the first that would wait turns it into a <see cref="Socket"/>, whose asynchronous machinery costs threads and an epoll set that a program of
/// a few milliseconds does not need.
/// </summary>
internal sealed class UnixStream : DuplexStream
{
    private readonly Lock _lock = new();
    private readonly int _fd;
    private volatile Socket? _socket;
    private bool _disposed;

    private UnixStream(int fd)
    {
        _fd = fd;
    }

    public override bool IsStale => UnixSockets.WaitReadable(_fd, TimeSpan.Zero);

    /// <exception cref="LinuxException">Nobody listens there, or may not be reached.</exception>
    public static UnixStream Connect(string path)
    {
        var fd = UnixSockets.TryConnect(path, UnixSocketType.Stream);
        return fd >= 0 ? new UnixStream(fd) : throw LinuxException.FromLastError("connect", path);
    }

    public override void WaitReadable(TimeSpan patience) => UnixSockets.WaitReadable(_fd, patience);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_socket is { } socket)
        {
            return socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        var read = UnixSockets.TryReceive(_fd, buffer.Span, [], out _);
        return read switch
        {
            >= 0 => ValueTask.FromResult(read),
            -Errno.EAGAIN => Promote().ReceiveAsync(buffer, SocketFlags.None, cancellationToken),
            _ => ValueTask.FromException<int>(new IOException("connection lost", new LinuxException("recv", -read))),
        };
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sent = _socket is null ? UnixSockets.TrySend(_fd, buffer.Span) : -Errno.EAGAIN;
            if (sent == -Errno.EAGAIN)
            {
                sent = await Promote().SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            }
            else if (sent < 0)
            {
                throw new IOException("connection lost", new LinuxException("send", -sent));
            }

            buffer = buffer[sent..];
        }
    }

    public override ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        UnixSockets.ShutdownWrite(_fd);
        return ValueTask.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            if (disposing && !_disposed)
            {
                _disposed = true;
                if (_socket is { } socket)
                {
                    socket.Dispose();
                }
                else
                {
                    RawFiles.Close(_fd);
                }
            }
        }

        base.Dispose(disposing);
    }

    private Socket Promote()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _socket ??= new Socket(new SafeSocketHandle(_fd, ownsHandle: true));
        }
    }
}
