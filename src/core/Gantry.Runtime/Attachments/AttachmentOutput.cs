using System.Buffers.Binary;
using System.Net.Sockets;

namespace Gantry.Runtime.Attachments;

/// <summary>
/// Reads a process's output. The monitor's frames are taken apart and put together again around what each read gives, so that a frame the
/// monitor's death cut short does not spoil those of its successor.
/// </summary>
internal sealed class AttachmentOutput(Attachment attachment) : AttachmentStream
{
    private const int HeaderSize = 8;
    private const int SmallBuffer = 64;

    /// <summary>Another socket has taken the place of the one that ended.</summary>
    private const int Renewed = -1;

    private readonly byte[] _header = new byte[HeaderSize];
    private AttachmentSocket? _socket;
    private int _headerRead;
    private uint _left;
    private Memory<byte> _surplus;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_surplus.Length > 0)
        {
            return TakeSurplus(buffer);
        }

        if (attachment.IsRaw)
        {
            int n;
            while ((n = await ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false)) == Renewed)
            {
            }

            return n;
        }

        if (buffer.Length > HeaderSize)
        {
            return await ReadFrameAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        _surplus = new byte[SmallBuffer];
        _surplus = _surplus[..await ReadFrameAsync(_surplus, cancellationToken).ConfigureAwait(false)];
        return TakeSurplus(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only the asynchronous form is there.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async ValueTask<int> ReadFrameAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var target = _left == 0 ? _header.AsMemory(_headerRead) : buffer[HeaderSize..];
            target = _left == 0 ? target : target[..(int)Math.Min(_left, (uint)target.Length)];
            var n = await ReceiveAsync(target, cancellationToken).ConfigureAwait(false);
            if (n == 0)
            {
                return 0;
            }

            if (n == Renewed)
            {
                _left = 0;
                _headerRead = 0;
            }
            else if (_left > 0)
            {
                _left -= (uint)n;
                WriteHeader(buffer.Span, n);
                return HeaderSize + n;
            }
            else if ((_headerRead += n) == HeaderSize)
            {
                _left = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4));
                _headerRead = 0;
            }
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _socket ??= attachment.Current;
        var n = await ReceiveOnceAsync(_socket, buffer, cancellationToken).ConfigureAwait(false);
        if (n > 0 || buffer.Length == 0)
        {
            return n;
        }

        if (!await attachment.ContinuesAsync(_socket, cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        _socket.Dispose();
        _socket = null;
        return Renewed;
    }

    private static async ValueTask<int> ReceiveOnceAsync(AttachmentSocket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.Socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.OperationAborted)
        {
            // Closed with input of ours unread, or detached meanwhile: for the reader an end like any other.
            return 0;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    private void WriteHeader(Span<byte> buffer, int count)
    {
        buffer[0] = _header[0];
        buffer[1..4].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(buffer[4..], (uint)count);
    }

    private int TakeSurplus(Memory<byte> buffer)
    {
        var n = Math.Min(buffer.Length, _surplus.Length);
        _surplus[..n].CopyTo(buffer);
        _surplus = _surplus[n..];
        return n;
    }
}
