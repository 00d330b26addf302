using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Build.Context;

/// <summary>A file without a name that holds a context's contents one after the other; gone when closed, whatever happens.</summary>
internal sealed class ContextSpool : IDisposable
{
    private const int BufferSize = 1 << 20;
    private readonly FileStream _stream;
    private long _reserved;

    public ContextSpool(string directory)
    {
        var path = Path.Combine(directory, Path.GetRandomFileName());
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize);
        File.Delete(path);
    }

    public long Length => _stream.Position;

    /// <summary>Sets a stretch aside that is written with <see cref="Write"/>, in any order; not to be mixed with <see cref="Append"/>.</summary>
    /// <returns>Where it begins.</returns>
    public long Reserve(long count) => Interlocked.Add(ref _reserved, count) - count;

    public void Write(long offset, ReadOnlySpan<byte> data) => RandomAccess.Write(Handle, data, offset);

    public void Append(ReadOnlySpan<byte> data) => _stream.Write(data);

    /// <summary>Makes what was appended readable.</summary>
    public void Flush() => _stream.Flush();

    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(Handle, buffer, offset);

    /// <summary>Copies a stretch to a file's position <paramref name="to"/>.</summary>
    public void Copy(long offset, long count, int destination, long to)
    {
        Span<byte> small = stackalloc byte[(int)Math.Min(count, 8192)];
        var buffer = count > small.Length ? System.Buffers.ArrayPool<byte>.Shared.Rent((int)Math.Min(count, BufferSize)) : null;
        try
        {
            while (count > 0)
            {
                var piece = buffer is null ? small : buffer;
                var n = Read(piece[..(int)Math.Min(count, piece.Length)], offset);
                if (n <= 0)
                {
                    throw new EndOfStreamException("the build context's spool is cut short");
                }

                FileData.WriteAll(destination, piece[..n], to);
                (offset, to, count) = (offset + n, to + n, count - n);
            }
        }
        finally
        {
            if (buffer is not null)
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    public void Dispose() => _stream.Dispose();

    private SafeFileHandle Handle => _stream.SafeFileHandle;
}
