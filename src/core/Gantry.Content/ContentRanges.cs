using System.Buffers.Binary;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Content;

/// <summary>A part of a blob that is not all there yet. Bounds are offsets in the blob.</summary>
/// <param name="Position">First byte that is missing.</param>
/// <param name="End">First byte that is the next part's.</param>
public readonly record struct ContentPart(int Number, long Position, long End);

/// <summary>
/// Writes the parts of one blob side by side, each from its beginning on. How far each is stands in a file beside the data (8 bytes a part, after a
/// head of two such numbers: the part's size and the blob's), written after the bytes it counts: so a kill loses nothing of any part.
/// After a reboot only what was hashed and synced by then is trusted, as without parts.
/// </summary>
public sealed class ContentRanges : IDisposable
{
    private const int Head = 16;

    private readonly ContentWriter _writer;
    private readonly SafeFileHandle _data;
    private readonly SafeFileHandle _state;
    private readonly long[] _written;
    private readonly int _partSize;
    private readonly long _size;
    private readonly Channel<bool> _more = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    internal ContentRanges(ContentWriter writer, SafeFileHandle data, string path, long size, int partSize)
    {
        (_writer, _data, _size) = (writer, data, size);
        var before = Read(path, size);
        _partSize = before?.PartSize ?? partSize;
        _written = before?.Written ?? new long[(size + _partSize - 1) / _partSize];
        _state = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Save(0, _partSize);
        Save(8, size);
        for (var i = 0; i < _written.Length; i++)
        {
            // What was written in one go before counts too.
            _written[i] = Math.Max(_written[i], Math.Clamp(writer.Offset - Start(i), 0, End(i) - Start(i)));
            Save(Head + (8 * i), _written[i]);
        }
    }

    /// <summary>The parts that lack something, in order.</summary>
    public IReadOnlyList<ContentPart> Missing =>
        [.. Enumerable.Range(0, _written.Length).Select(i => new ContentPart(i, Start(i) + _written[i], End(i))).Where(part => part.Position < part.End)];

    /// <summary>Bytes of all parts that are here.</summary>
    public long Written
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < _written.Length; i++)
            {
                sum += Volatile.Read(ref _written[i]);
            }

            return sum;
        }
    }

    /// <summary>Appends to a part. Different parts may be written at once, one only by one caller.</summary>
    public void Write(int part, ReadOnlySpan<byte> bytes)
    {
        var position = Start(part) + _written[part];
        if (position + bytes.Length > End(part))
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), "More than the part has room for.");
        }

        RandomAccess.Write(_data, bytes, position);
        Save(Head + (8 * part), _written[part] + bytes.Length);
        Volatile.Write(ref _written[part], _written[part] + bytes.Length);
        _more.Writer.TryWrite(true);
    }

    /// <summary>Hashes parts in order as they come, which is what followers see; ends when all of the blob is hashed.</summary>
    public async Task HashAsync(CancellationToken cancellationToken = default)
    {
        var buffer = ContentWriter.NewHashBuffer();
        while (_writer.Offset < _size)
        {
            var part = (int)(_writer.Offset / _partSize);
            var available = Start(part) + Volatile.Read(ref _written[part]) - _writer.Offset;
            if (available > 0)
            {
                _writer.Advance(available, buffer);
            }
            else
            {
                await _more.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => _state.Dispose();

    /// <summary>How many bytes from the blob's start on are here without a gap; null when nothing was written in parts.</summary>
    internal static long? Prefix(string path, long size)
    {
        if (Read(path, size) is not { } state)
        {
            return null;
        }

        var full = Array.FindIndex(state.Written, count => count < state.PartSize);
        return full < 0 ? size : Math.Min(size, ((long)full * state.PartSize) + state.Written[full]);
    }

    private static (int PartSize, long[] Written)? Read(string path, long size)
    {
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        if (bytes.Length < Head || BinaryPrimitives.ReadInt64LittleEndian(bytes) is not (> 0 and <= int.MaxValue and var partSize)
            || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)) != size)
        {
            return null;
        }

        var written = new long[(size + partSize - 1) / partSize];
        for (var i = 0; i < written.Length && Head + (8 * i) + 8 <= bytes.Length; i++)
        {
            written[i] = Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(Head + (8 * i))), 0, Math.Min(partSize, size - (i * partSize)));
        }

        return ((int)partSize, written);
    }

    private long Start(int part) => (long)part * _partSize;

    private long End(int part) => Math.Min(_size, Start(part) + _partSize);

    private void Save(long at, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        RandomAccess.Write(_state, bytes, at);
    }
}
