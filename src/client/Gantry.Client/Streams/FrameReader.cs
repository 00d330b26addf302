using System.Buffers.Binary;
using System.Text;
using Gantry.Errors;

namespace Gantry.Client.Streams;

/// <summary>Which of a container's streams a frame belongs to.</summary>
public enum StreamKind : byte
{
    StandardInput = 0,
    StandardOutput = 1,
    StandardError = 2,

    /// <summary>A failure of the engine in the middle of the stream.</summary>
    SystemError = 3,
}

/// <summary>Receives the contents of frames.</summary>
public interface IFrameSink
{
    /// <summary>Takes bytes of one stream; they are the caller's again afterwards.</summary>
    void Write(StreamKind kind, ReadOnlySpan<byte> bytes);

    /// <summary>Called before the reader waits for more, so that what came so far is seen.</summary>
    void Flush();
}

/// <summary>
/// Takes apart what attach, exec and logs send for a container without a terminal: frames of an eight-byte header (stream, three zero bytes,
/// length in big endian) and their bytes (Engine API, "Stream format"). Many frames come with one read.
/// </summary>
public sealed class FrameReader
{
    private const int HeaderSize = 8;
    private const int LongestSystemError = 64 * 1024;
    private const int BufferSize = 64 * 1024;

    private readonly byte[] _header = new byte[HeaderSize];
    private readonly IFrameSink _sink;
    private readonly List<byte> _systemError = [];
    private int _headerLength;
    private long _remaining;
    private StreamKind _kind;

    private FrameReader(IFrameSink sink)
    {
        _sink = sink;
    }

    /// <summary>Copies until the stream ends, which it may only do between frames.</summary>
    /// <exception cref="GantryException">The stream is cut short, is no frame stream, or carries an error of the engine.</exception>
    /// <param name="beforeRead">Called before each read, after what came so far was passed on.</param>
    public static async Task CopyAsync(Stream source, IFrameSink sink, Action? beforeRead, CancellationToken cancellationToken)
    {
        var reader = new FrameReader(sink);
        var buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        while (true)
        {
            sink.Flush();
            beforeRead?.Invoke();
            var read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                reader.End();
                return;
            }

            reader.Take(buffer.AsSpan(0, read));
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_remaining == 0)
            {
                bytes = TakeHeader(bytes);
                continue;
            }

            var length = (int)Math.Min(bytes.Length, _remaining);
            TakeContent(bytes[..length]);
            _remaining -= length;
            bytes = bytes[length..];
            if (_remaining == 0 && _kind == StreamKind.SystemError)
            {
                throw GantryException.Internal($"error from daemon in stream: {Encoding.UTF8.GetString([.. _systemError])}");
            }
        }
    }

    private void TakeContent(ReadOnlySpan<byte> bytes)
    {
        if (_kind != StreamKind.SystemError)
        {
            _sink.Write(_kind, bytes);
        }
        else if (_systemError.Count < LongestSystemError)
        {
            _systemError.AddRange(bytes[..Math.Min(bytes.Length, LongestSystemError - _systemError.Count)]);
        }
    }

    private ReadOnlySpan<byte> TakeHeader(ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(bytes.Length, HeaderSize - _headerLength);
        bytes[..length].CopyTo(_header.AsSpan(_headerLength));
        _headerLength += length;
        if (_headerLength == HeaderSize)
        {
            _headerLength = 0;
            _kind = _header[0] <= (byte)StreamKind.SystemError ? (StreamKind)_header[0] : throw GantryException.DataCorrupt($"unrecognized stream: {_header[0]}");
            _remaining = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4));
        }

        return bytes[length..];
    }

    private void End()
    {
        if (_headerLength > 0 || _remaining > 0)
        {
            throw GantryException.Unavailable("unexpected EOF");
        }
    }
}
