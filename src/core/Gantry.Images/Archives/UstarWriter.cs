using System.Buffers.Binary;
using System.Text;
using Gantry.Errors;

namespace Gantry.Images.Archives;

/// <summary>
/// Writes ustar members whose content is produced while it is written (POSIX.1-2017, pax, "ustar Interchange Format"). System.Formats.Tar
/// would buffer such content whole. Names here are short and ASCII.
/// </summary>
internal sealed class UstarWriter(Stream destination)
{
    private const int BlockSize = 512;
    private static readonly byte[] s_zeros = new byte[2 * BlockSize];

    internal Task DirectoryAsync(string name, DateTimeOffset time, CancellationToken cancellationToken) =>
        destination.WriteAsync(Header(name, 0, '5', 0x1ED, time), cancellationToken).AsTask();

    internal Task FileAsync(string name, byte[] content, DateTimeOffset time, CancellationToken cancellationToken) =>
        FileAsync(name, content.Length, time, (stream, token) => stream.WriteAsync(content, token).AsTask(), cancellationToken);

    /// <summary>Writes a member of exactly <paramref name="size"/> bytes that <paramref name="content"/> writes to the stream it is given.</summary>
    /// <exception cref="GantryException">DataCorrupt: the content has another size.</exception>
    internal async Task FileAsync(string name, long size, DateTimeOffset time, Func<Stream, CancellationToken, Task> content, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(Header(name, size, '0', 0x1A4, time), cancellationToken).ConfigureAwait(false);
        await using var counted = new CountingStream(destination);
        await content(counted, cancellationToken).ConfigureAwait(false);
        if (counted.Count != size)
        {
            throw GantryException.DataCorrupt($"{name}: wrote {counted.Count} bytes instead of {size}");
        }

        var padding = (int)(-size & (BlockSize - 1));
        await destination.WriteAsync(s_zeros.AsMemory(0, padding), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Two empty blocks end the archive.</summary>
    internal Task EndAsync(CancellationToken cancellationToken) => destination.WriteAsync(s_zeros, cancellationToken).AsTask();

    private static byte[] Header(string name, long size, char type, int mode, DateTimeOffset time)
    {
        var block = new byte[BlockSize];
        Encoding.ASCII.GetBytes(name, block.AsSpan(0, 100));
        Octal(block.AsSpan(100, 8), mode);
        Octal(block.AsSpan(108, 8), 0);
        Octal(block.AsSpan(116, 8), 0);
        if (size < 1L << 33)
        {
            Octal(block.AsSpan(124, 12), size);
        }
        else
        {
            // GNU's base-256 form for what eleven octal digits can't say.
            block[124] = 0x80;
            BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(128, 8), size);
        }

        Octal(block.AsSpan(136, 12), Math.Max(0, time.ToUnixTimeSeconds()));
        block.AsSpan(148, 8).Fill((byte)' ');
        block[156] = (byte)type;
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "00"u8.CopyTo(block.AsSpan(263));
        Octal(block.AsSpan(329, 8), 0);
        Octal(block.AsSpan(337, 8), 0);
        var sum = 0;
        foreach (var b in block)
        {
            sum += b;
        }

        Octal(block.AsSpan(148, 7), sum);
        return block;
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        field[^1] = 0;
    }

    /// <summary>Passes writes on and counts them; closing it leaves the archive open.</summary>
    private sealed class CountingStream(Stream inner) : Stream
    {
        internal long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException("The stream is written once.");

        public override long Position
        {
            get => Count;
            set => throw new NotSupportedException("The stream is written once.");
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Count += buffer.Length;
            inner.Write(buffer);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count += buffer.Length;
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is written once.");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream is written once.");

        public override void SetLength(long value) => throw new NotSupportedException("The stream is written once.");
    }
}
