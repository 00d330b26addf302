using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gantry.IO.Streams;
using Gantry.Linux;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Win32.SafeHandles;

namespace Gantry.RegistryServer.Http;

/// <summary>
/// What a connection without TLS writes to: straight to its socket, which saves the way through the server's own pipe, and lets the kernel send the bytes of
/// a file without their coming here (sendfile(2)). The server counts bytes by the memory it hands out, so a file's bytes are written as memory that
/// merely stands for them. One writer at a time, as for every pipe.
/// </summary>
internal sealed class SocketOutput : PipeWriter, IDisposable
{
    /// <summary>Bytes of a file that one piece of memory can stand for.</summary>
    internal const int MaxStandIn = 1 << 20;

    /// <summary>Never read and never written: its pages don't exist.</summary>
    private static readonly byte[] s_standIn = GC.AllocateUninitializedArray<byte>(MaxStandIn);

    private readonly Socket _socket;
    private readonly PipeWriter _inner;
    private readonly List<Piece> _pieces = [];
    private SafeFileHandle? _next;
    private long _nextOffset;
    private bool _standsIn;
    private bool _gone;

    private SocketOutput(Socket socket, PipeWriter inner) => (_socket, _inner) = (socket, inner);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _pieces.Sum(piece => (long)piece.Length);

    /// <summary>Connection middleware; to be used where nothing between it and the requests changes the bytes.</summary>
    internal static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(connection).ConfigureAwait(false);
            return;
        }

        var transport = connection.Transport;
        using var output = new SocketOutput(socket, transport.Output);
        connection.Transport = new Duplex(transport.Input, output);
        connection.Features.Set(output);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    /// <summary>The memory asked for next stands for the file's bytes from <paramref name="offset"/> on. The file must stay open until they are flushed.</summary>
    internal void Promise(SafeFileHandle file, long offset) => (_next, _nextOffset) = (file, offset);

    /// <summary>Tells whether memory that came after a promise stands for the file; else it is to be filled as usual (a server may have put its own memory in between).</summary>
    internal bool Kept(ReadOnlyMemory<byte> memory)
    {
        _next = null;
        return MemoryMarshal.TryGetArray(memory, out var array) && array.Array == s_standIn;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        _standsIn = _next is not null && sizeHint <= MaxStandIn;
        if (_standsIn)
        {
            _pieces.Add(new Piece(null, s_standIn) { File = _next, Offset = _nextOffset });
            return s_standIn;
        }

        if (_pieces is not [.., { File: null } last] || last.Free < Math.Max(sizeHint, 1))
        {
            var block = sizeHint <= BlockPool.BlockSize ? BlockPool.Shared.Rent() : null;
            _pieces.Add(last = new Piece(block, block?.Memory ?? new byte[sizeHint]));
        }

        return last.Memory[last.Length..];
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (bytes > 0)
        {
            _pieces[^1].Length += bytes;
        }
    }

    /// <summary>Sends everything. A client that went away makes it end as completed; the token is not looked at, as half a piece can't be taken back.</summary>
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            for (var i = 0; i < _pieces.Count && !_gone; i++)
            {
                await SendAsync(_pieces[i]).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or LinuxException)
        {
            _gone = true;
        }

        Clear();
        return new FlushResult(isCanceled: false, isCompleted: _gone);
    }

    /// <summary>A flush ends when its bytes are sent or the connection is closed, which is what a server that cancels does next.</summary>
    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
        _gone = true;
        _inner.Complete(exception);
    }

    public void Dispose() => Clear();

    private ValueTask SendAsync(Piece piece) =>
        piece.File is null ? SendAsync(piece.Memory[..piece.Length]) : SendFileAsync(piece.File, piece.Offset, piece.Length);

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
    }

    private async ValueTask SendFileAsync(SafeFileHandle file, long offset, long left)
    {
        while (left > 0)
        {
            var sent = FileData.TrySendFile(_socket.SafeHandle, file, offset, left);
            if (sent == -Errno.EAGAIN)
            {
                // The socket is full. Sending a little the usual way waits until it isn't.
                sent = await SendCopyAsync(file, offset, left).ConfigureAwait(false);
            }

            if (sent == 0)
            {
                // A stored content is shorter than it was when it was opened: the answer is cut, so that nobody takes it for whole.
                _gone = true;
                _socket.Shutdown(SocketShutdown.Both);
                return;
            }

            if (sent < 0)
            {
                throw new LinuxException("sendfile", (int)-sent);
            }

            offset += sent;
            left -= sent;
        }
    }

    private async ValueTask<long> SendCopyAsync(SafeFileHandle file, long offset, long left)
    {
        using var block = BlockPool.Shared.Rent();
        var bytes = block.Memory[..(int)Math.Min(block.Memory.Length, left)];
        bytes = bytes[..RandomAccess.Read(file, bytes.Span, offset)];
        await SendAsync(bytes).ConfigureAwait(false);
        return bytes.Length;
    }

    private void Clear()
    {
        foreach (var piece in _pieces)
        {
            piece.Block?.Dispose();
        }

        _pieces.Clear();
    }

    /// <summary>Bytes to send: in memory, or in a file for which the memory stands.</summary>
    private sealed class Piece(IDisposable? block, Memory<byte> memory)
    {
        internal IDisposable? Block => block;

        internal Memory<byte> Memory => memory;

        internal SafeFileHandle? File { get; init; }

        internal long Offset { get; init; }

        internal int Length { get; set; }

        internal int Free => memory.Length - Length;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
