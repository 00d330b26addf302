using System.Net.Sockets;

namespace Gantry.Runtime.Attachments;

/// <summary>What both directions' streams have in common: one way, no position.</summary>
internal abstract class AttachmentStream : Stream
{
    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Writes a process's input.</summary>
internal sealed class AttachmentInput(Attachment attachment) : AttachmentStream
{
    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var socket = attachment.Current;
            try
            {
                buffer = buffer[await socket.Socket.SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
            }
            catch (SocketException e)
            {
                if (!await attachment.ContinuesAsync(socket, cancellationToken).ConfigureAwait(false))
                {
                    throw new IOException("the process's stdin is closed", e);
                }
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only the asynchronous form is there.");
}
