using System.Text;
using Gantry.Linux;

namespace Gantry.Apps.Cli.Output;

/// <summary>
/// stdout or stderr as UTF-8, buffered; safe to use from several tasks. Flush before waiting for anything. It writes to the descriptor itself:
/// a FileStream would keep an offset of its own and overwrite what others append to a redirected file.
/// </summary>
internal sealed class TextOutput(int fd)
{
    private const int FlushAt = 32 * 1024;

    /// <summary>UTF-16 units.</summary>
    private const int Piece = 4 * 1024;

    private readonly Lock _lock = new();
    private byte[] _buffer = new byte[4096];
    private int _length;

    public void Write(string text)
    {
        lock (_lock)
        {
            // In pieces: room for a whole long text would be memory that is touched once.
            for (var rest = text.AsSpan(); rest.Length > 0;)
            {
                var piece = rest[..PieceLength(rest)];
                Reserve(Encoding.UTF8.GetMaxByteCount(piece.Length));
                _length += Encoding.UTF8.GetBytes(piece, _buffer.AsSpan(_length));
                FlushIfFull();
                rest = rest[piece.Length..];
            }
        }
    }

    public void WriteLine(string text = "")
    {
        lock (_lock)
        {
            Write(text);
            Write("\n");
        }
    }

    /// <summary>Buffers bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (bytes.Length >= FlushAt)
            {
                WriteBytes(bytes);
                return;
            }

            Reserve(bytes.Length);
            bytes.CopyTo(_buffer.AsSpan(_length));
            _length += bytes.Length;
            FlushIfFull();
        }
    }

    /// <summary>Writes bytes at once, after what was buffered.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            Flush();
            WriteAll(bytes);
        }
    }

    /// <exception cref="LinuxException">The stream can't be written (EPIPE: nobody reads it any more).</exception>
    public void Flush()
    {
        lock (_lock)
        {
            var length = _length;
            _length = 0;
            if (length > 0)
            {
                WriteAll(_buffer.AsSpan(0, length));
            }
        }
    }

    private void WriteAll(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var written = RawFiles.TryWrite(fd, bytes);
            if (written == -Errno.EAGAIN)
            {
                // Somebody who shares the terminal with us made it non-blocking.
                RawFiles.SetNonBlocking(fd, false);
                continue;
            }

            bytes = written >= 0 ? bytes[written..] : throw new LinuxException("write", -written);
        }
    }

    /// <summary>As much as is encoded at once; never half of a surrogate pair.</summary>
    private static int PieceLength(ReadOnlySpan<char> text) =>
        text.Length <= Piece ? text.Length : char.IsHighSurrogate(text[Piece - 1]) ? Piece - 1 : Piece;

    private void Reserve(int bytes)
    {
        if (_length + bytes > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        }
    }

    private void FlushIfFull()
    {
        if (_length >= FlushAt)
        {
            Flush();
        }
    }
}
