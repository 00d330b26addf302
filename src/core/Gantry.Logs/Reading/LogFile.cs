using System.IO.Compression;
using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Logs;

/// <summary>One file of a log, plain or gzip, opened for reading; it can be renamed or removed meanwhile.</summary>
internal sealed class LogFile : IDisposable
{
    private const int TailBlock = 64 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly bool _isCompressed;
    private GZipStream? _gzip;
    private long _offset;

    private LogFile(SafeFileHandle handle, bool isCompressed, FileIdentity identity)
    {
        _handle = handle;
        _isCompressed = isCompressed;
        Identity = identity;
    }

    /// <summary>Of the file when it was opened.</summary>
    public FileIdentity Identity { get; }

    /// <summary>Null when it doesn't exist.</summary>
    public static LogFile? TryOpen(string path)
    {
        try
        {
            var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var identity = FileIdentity.Of($"/proc/self/fd/{handle.DangerousGetHandle()}");
            return new LogFile(handle, path.EndsWith(LogRotation.CompressedSuffix, StringComparison.Ordinal), identity);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public bool IsSameFile(FileIdentity other) => (Identity.Inode, Identity.Major, Identity.Minor) == (other.Inode, other.Major, other.Minor);

    /// <summary>Reads on from where reading is; 0 at the present end.</summary>
    public int Read(Memory<byte> buffer)
    {
        if (_isCompressed)
        {
            _gzip ??= new GZipStream(new FileStream(_handle, FileAccess.Read, bufferSize: 0), CompressionMode.Decompress, leaveOpen: true);
            return ReadCompressed(_gzip, buffer);
        }

        if (_offset > RandomAccess.GetLength(_handle))
        {
            // Somebody emptied the live file: begin again.
            _offset = 0;
        }

        var n = RandomAccess.Read(_handle, buffer.Span, _offset);
        _offset += n;
        return n;
    }

    /// <summary>Moves to the last <paramref name="count"/> lines; returns how many there are, at most that.</summary>
    public int SeekTail(int count) => _isCompressed ? SeekTailCompressed(count) : SeekTailPlain(count);

    /// <summary>Moves near the first entry at or after a time; entries before it may still come, none after it is missed.</summary>
    public void SeekTime(long timestamp)
    {
        if (_isCompressed)
        {
            return;
        }

        long low = 0;
        var high = RandomAccess.GetLength(_handle);
        var buffer = new byte[TailBlock * 2];
        while (high - low > buffer.Length)
        {
            var middle = low + ((high - low) / 2);
            var n = RandomAccess.Read(_handle, buffer, middle);
            if (FirstTime(buffer.AsSpan(0, n), out var time) && time < timestamp)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        _offset = low == 0 ? 0 : NextLine(low);
    }

    public void Dispose()
    {
        _gzip?.Dispose();
        _handle.Dispose();
    }

    private static int ReadCompressed(GZipStream gzip, Memory<byte> buffer)
    {
        try
        {
            return gzip.Read(buffer.Span);
        }
        catch (InvalidDataException)
        {
            // Cut off or damaged: what came before it is good.
            return 0;
        }
    }

    private static bool FirstTime(ReadOnlySpan<byte> bytes, out long time)
    {
        time = 0;
        var start = bytes.IndexOf((byte)'\n') + 1;
        while (start > 0 && start < bytes.Length)
        {
            var end = bytes[start..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return false;
            }

            if (JsonLogParser.TryParseTime(bytes.Slice(start, end), out time))
            {
                return true;
            }

            start += end + 1;
        }

        return false;
    }

    private long NextLine(long offset)
    {
        var buffer = new byte[TailBlock];
        while (true)
        {
            var n = RandomAccess.Read(_handle, buffer, offset);
            var newline = buffer.AsSpan(0, n).IndexOf((byte)'\n');
            if (n == 0 || newline >= 0)
            {
                return offset + newline + 1;
            }

            offset += n;
        }
    }

    private int SeekTailPlain(int count)
    {
        var buffer = new byte[TailBlock];
        var end = RandomAccess.GetLength(_handle);
        var found = 0;

        // The last newline ends the last line; it takes one more to know where the first wanted line begins.
        while (end > 0)
        {
            var start = Math.Max(0, end - TailBlock);
            var block = buffer.AsSpan(0, RandomAccess.Read(_handle, buffer.AsSpan(0, (int)(end - start)), start));
            int newline;
            while ((newline = block.LastIndexOf((byte)'\n')) >= 0)
            {
                if (found == count)
                {
                    _offset = start + newline + 1;
                    return count;
                }

                found++;
                block = block[..newline];
            }

            end = start;
        }

        _offset = 0;
        return found;
    }

    private int SeekTailCompressed(int count)
    {
        var buffer = new byte[TailBlock];
        var lines = 0;
        using (var gzip = Decompress())
        {
            int n;
            while ((n = ReadCompressed(gzip, buffer)) > 0)
            {
                lines += buffer.AsSpan(0, n).Count((byte)'\n');
            }
        }

        _gzip = Decompress();
        SkipLines(_gzip, Math.Max(0, lines - count));
        return Math.Min(lines, count);
    }

    private static void SkipLines(GZipStream gzip, int lines)
    {
        // One byte at a time from the decompressor's own buffer: only for the tail of a rotated file.
        while (lines > 0)
        {
            var value = gzip.ReadByte();
            if (value < 0)
            {
                return;
            }

            lines -= value == '\n' ? 1 : 0;
        }
    }

    private GZipStream Decompress()
    {
        var stream = new FileStream(_handle, FileAccess.Read, bufferSize: 0);
        stream.Position = 0;
        return new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
    }
}
