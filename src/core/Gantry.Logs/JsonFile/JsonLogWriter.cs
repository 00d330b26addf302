using System.Text;
using Gantry.Linux;

namespace Gantry.Logs;

/// <summary>
/// Appends a container's output to a json-file log. One thread uses it. Entries are formatted into a buffer that all writers of the process
/// share and go out with one write a batch.
/// </summary>
public sealed class JsonLogWriter : IDisposable
{
    private readonly JsonLogOptions _options;
    private readonly LogBuffer _buffer;
    private readonly EntryClock _clock = new();
    private readonly byte[] _stdoutEnd;
    private readonly byte[] _stderrEnd;
    private int _fd = -1;
    private long _size;

    /// <summary>Opens the log for appending, creating it with mode 0640.</summary>
    public JsonLogWriter(JsonLogOptions options, LogBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _buffer = buffer;
        _stdoutEnd = EntryEnd("stdout");
        _stderrEnd = EntryEnd("stderr");
        Open();
    }

    /// <summary>Called with the path of a file that was rotated away and is to be compressed.</summary>
    public Action<JsonLogWriter, string>? RotatedFile { get; set; }

    /// <summary>True while a rotated file is being compressed: it must not move on, so the live file grows meanwhile.</summary>
    public bool HoldsRotation { get; set; }

    /// <summary>How often output could not be written (disk full): entries were lost then.</summary>
    public long LostEntries { get; private set; }

    /// <summary>errno of the last failed write, or 0.</summary>
    public int LastError { get; private set; }

    /// <summary>The live file's size now, whoever changed it.</summary>
    public long FileSize => _size = RawFiles.Size(_fd);

    /// <summary>Cuts what a killed predecessor had written but not noted.</summary>
    public void CutTo(long size)
    {
        if (FileSize > size)
        {
            RawFiles.Truncate(_fd, size);
            _size = size;
        }
    }

    /// <summary>
    /// Writes all complete lines of <paramref name="data"/>, and overlong ones in pieces. Returns how many bytes were taken; the rest, less
    /// than 16 KiB, is the beginning of a line to be given again with what follows. With <paramref name="end"/> everything is taken.
    /// </summary>
    public int Write(LogStream stream, ReadOnlySpan<byte> data, bool end, ILogProgress? progress = null)
    {
        var entryEnd = stream == LogStream.Stdout ? _stdoutEnd : _stderrEnd;
        var flushed = 0;
        var taken = 0;
        var entries = 0;
        while (NextLine(data[taken..], end, out var length, out var complete))
        {
            if (entries == 0)
            {
                _clock.Tick();
            }

            if (!_buffer.HasRoom(entryEnd.Length + EntryClock.TextLength) || IsFull(_buffer.Length))
            {
                Flush(entries, ref flushed, taken, progress);
                entries = 0;
            }

            Format(data.Slice(taken, length), complete, entryEnd);
            taken += length + (complete ? 1 : 0);
            entries++;
        }

        Flush(entries, ref flushed, taken, progress);
        return taken;
    }

    public void Dispose()
    {
        RawFiles.Close(_fd);
        _fd = -1;
    }

    /// <summary>Finds the next entry's bytes: up to a newline, or 16 KiB, or the end.</summary>
    private static bool NextLine(ReadOnlySpan<byte> data, bool end, out int length, out bool complete)
    {
        var window = data.Length > JsonLogFormat.MaxLine ? data[..(JsonLogFormat.MaxLine + 1)] : data;
        length = window.IndexOf((byte)'\n');
        complete = length >= 0;
        if (complete)
        {
            return true;
        }

        if (data.Length >= JsonLogFormat.MaxLine)
        {
            length = JsonLogFormat.MaxLine;
            length -= JsonLogFormat.IncompleteTail(data[..length]);
            return true;
        }

        length = data.Length;
        return end && length > 0;
    }

    private void Format(ReadOnlySpan<byte> line, bool complete, byte[] entryEnd)
    {
        _buffer.Append(JsonLogFormat.EntryStart);
        while (true)
        {
            var plain = JsonLogFormat.IndexOfSpecial(line);
            if (plain < 0)
            {
                _buffer.Append(line);
                break;
            }

            _buffer.Append(line[..plain]);
            line = line[plain..];
            line = line[JsonLogFormat.Escape(line, _buffer.Free, out var written)..];
            _buffer.Advance(written);
        }

        if (complete)
        {
            _buffer.Append(JsonLogFormat.EndOfLine);
        }

        _buffer.Append(entryEnd);
        _buffer.Append(_clock.Text);
        _buffer.Append("\"}\n"u8);
        _clock.Next();
    }

    /// <summary>Docker rotates before an entry when the file has reached its size.</summary>
    private bool IsFull(int pending) => _options.MaxSize > 0 && !HoldsRotation && _size + pending >= _options.MaxSize;

    private void Flush(int entries, ref int flushed, int taken, ILogProgress? progress)
    {
        if (taken == flushed)
        {
            return;
        }

        if (IsFull(0))
        {
            Rotate();
            progress?.Written(flushed, 0);
        }

        WriteOut(entries);
        _buffer.Clear();
        flushed = taken;
        progress?.Written(taken, _size);
    }

    private void WriteOut(int entries)
    {
        var pending = _buffer.Written;
        while (pending.Length > 0)
        {
            var n = RawFiles.TryWrite(_fd, pending);
            if (n < 0)
            {
                // What fitted stays if it ends an entry; a torn entry would spoil the next one.
                LastError = -n;
                LostEntries += entries;
                CutTo(_size + _buffer.Written[..^pending.Length].LastIndexOf((byte)'\n') + 1);
                return;
            }

            pending = pending[n..];
        }

        _size += _buffer.Length;
    }

    private void Rotate()
    {
        RawFiles.Close(_fd);
        LogRotation.Rotate(_options);
        Open();
        if (_options.Compress && _options.MaxFiles > 1)
        {
            RotatedFile?.Invoke(this, _options.Path + ".1");
        }
    }

    private void Open()
    {
        _fd = RawFiles.Open(_options.Path, OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.Create, 0x1A0);
        _size = RawFiles.Size(_fd);
    }

    private byte[] EntryEnd(string stream)
    {
        var attributes = _options.AttributesJson is null ? "" : $",\"attrs\":{_options.AttributesJson}";
        return Encoding.UTF8.GetBytes($"\",\"stream\":\"{stream}\"{attributes},\"time\":\"");
    }
}
