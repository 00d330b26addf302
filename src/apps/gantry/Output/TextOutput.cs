using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Apps.Cli.Output;

/// <summary>stdout or stderr as UTF-8, buffered; safe to use from several tasks. Flush before waiting for anything.</summary>
internal sealed class TextOutput
{
    private const int FlushAt = 32 * 1024;

    private readonly FileStream _stream;
    private readonly Lock _lock = new();
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <param name="fd">Stays open: it is the process's.</param>
    public TextOutput(int fd)
        : this(new FileStream(new SafeFileHandle(fd, ownsHandle: false), FileAccess.Write, bufferSize: 0))
    {
    }

    public TextOutput(FileStream stream)
    {
        _stream = stream;
    }

    public void Write(string text)
    {
        lock (_lock)
        {
            var length = Encoding.UTF8.GetMaxByteCount(text.Length);
            if (_length + length > _buffer.Length)
            {
                Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
            }

            _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
            if (_length >= FlushAt)
            {
                Flush();
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

            if (_length + bytes.Length > _buffer.Length)
            {
                Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes.Length));
            }

            bytes.CopyTo(_buffer.AsSpan(_length));
            _length += bytes.Length;
            if (_length >= FlushAt)
            {
                Flush();
            }
        }
    }

    /// <summary>Writes bytes at once, after what was buffered.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            Flush();
            _stream.Write(bytes);
        }
    }

    public void Flush()
    {
        lock (_lock)
        {
            var length = _length;
            _length = 0;
            if (length > 0)
            {
                _stream.Write(_buffer, 0, length);
            }
        }
    }
}
