using System.Buffers.Binary;
using System.Buffers;
using System.Text;
using Gantry.IO.Streams;

namespace Gantry.Engine.Builds.Sessions;

/// <summary>
/// Adds fields to the header blocks an HTTP/2 client writes (RFC 9113, 6.10; RFC 7541, 6.2.2). gRPC sends several values of one name as fields of their
/// own, .NET's client would join them into one. Owns the connection.
/// </summary>
internal sealed class HeaderAppendingStream(Stream connection) : TwoWayStream
{
    private const int PrefaceLength = 24;
    private const int FrameHeaderLength = 9;
    private const int MaxFrame = 16384;
    private const byte HeadersFrame = 1;
    private const byte ContinuationFrame = 9;
    private const byte EndHeaders = 4;
    private readonly byte[] _frameHeader = new byte[FrameHeaderLength];
    private readonly ArrayBufferWriter<byte> _out = new();
    private int _prefaceLeft = PrefaceLength;
    private int _filled;
    private int _payloadLeft;
    private Block? _appending;
    private volatile Block? _next;

    /// <summary>Has fields added to the next header block. One block at a time.</summary>
    /// <returns>Completes when the block was written.</returns>
    internal Task Append(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        var block = new Block(Encode(fields));
        _next = block;
        return block.Written.Task;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _out.ResetWrittenCount();
        Rewrite(buffer.Span);
        await connection.WriteAsync(_out.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => connection.ReadAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    public override void Flush() => connection.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Fields as literals that are not indexed and not compressed.</summary>
    private static byte[] Encode(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        var block = new ArrayBufferWriter<byte>();
        foreach (var (name, value) in fields)
        {
            block.Write<byte>([0]);
            EncodeText(block, name);
            EncodeText(block, value);
        }

        return block.WrittenSpan.ToArray();
    }

    private static void EncodeText(ArrayBufferWriter<byte> block, string text)
    {
        const int Prefix = 0x7f;
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length < Prefix)
        {
            block.Write<byte>([(byte)bytes.Length]);
        }
        else
        {
            block.Write<byte>([Prefix]);
            var left = bytes.Length - Prefix;
            while (left >= 0x80)
            {
                block.Write<byte>([(byte)(left | 0x80)]);
                left >>= 7;
            }

            block.Write<byte>([(byte)left]);
        }

        block.Write(bytes);
    }

    private void Rewrite(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_prefaceLeft > 0)
            {
                _prefaceLeft -= Pass(ref data, _prefaceLeft);
            }
            else if (_payloadLeft > 0)
            {
                _payloadLeft -= Pass(ref data, _payloadLeft);
                EndFrame();
            }
            else
            {
                var n = Math.Min(data.Length, FrameHeaderLength - _filled);
                data[..n].CopyTo(_frameHeader.AsSpan(_filled));
                data = data[n..];
                _filled += n;
                if (_filled == FrameHeaderLength)
                {
                    BeginFrame();
                }
            }
        }
    }

    private int Pass(ref ReadOnlySpan<byte> data, int most)
    {
        var n = Math.Min(data.Length, most);
        _out.Write(data[..n]);
        data = data[n..];
        return n;
    }

    private void BeginFrame()
    {
        _filled = 0;
        _payloadLeft = (_frameHeader[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(_frameHeader.AsSpan(1));
        if (_frameHeader[3] is HeadersFrame or ContinuationFrame && (_frameHeader[4] & EndHeaders) != 0 && _next is { } block)
        {
            _appending = block;
            _next = null;
            _frameHeader[4] = block.Fields.Length > 0 ? (byte)(_frameHeader[4] & ~EndHeaders) : _frameHeader[4];
        }

        _out.Write(_frameHeader);
        EndFrame();
    }

    private void EndFrame()
    {
        if (_payloadLeft > 0 || _appending is not { } block)
        {
            return;
        }

        _appending = null;
        ReadOnlySpan<byte> fields = block.Fields;
        while (!fields.IsEmpty)
        {
            var piece = fields[..Math.Min(MaxFrame, fields.Length)];
            fields = fields[piece.Length..];
            Span<byte> header = [0, 0, 0, ContinuationFrame, fields.IsEmpty ? EndHeaders : (byte)0, .. _frameHeader.AsSpan(5)];
            BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)piece.Length);
            _out.Write(header);
            _out.Write(piece);
        }

        block.Written.TrySetResult();
    }

    private sealed record Block(byte[] Fields)
    {
        internal TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
