using System.Buffers;
using System.Buffers.Binary;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>Writes a layer's tar from what <see cref="TarSplitWriter"/> recorded.</summary>
internal sealed class TarSplitReader : IDisposable
{
    private const int MaxPath = 8192;
    private const int MaxRaw = 4 << 20;
    private const int BufferSize = 256 << 10;
    private const ResolveFlags Plain = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks;

    private readonly string _directory;
    private readonly int _diff;
    private readonly List<Displacement> _displaced = [];
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);

    /// <param name="directory">The layer's directory.</param>
    internal TarSplitReader(string directory)
    {
        _directory = directory;
        _diff = FileAt.OpenDirectory(Path.Combine(directory, LayerStore.DiffName));
    }

    /// <exception cref="GantryException">DataCorrupt: the directory isn't as it was unpacked.</exception>
    internal async Task CopyToAsync(Stream destination, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(Path.Combine(_directory, LayerUnpacker.DisplacedName)))
            {
                await ForEachAsync((_, _, _, _) => Task.CompletedTask, null, cancellationToken).ConfigureAwait(false);
            }

            await ForEachAsync((number, path, offset, length) => CopyContentAsync(number, path, offset, length, destination, cancellationToken), destination, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is LinuxException or EndOfStreamException or ZstdSharp.ZstdException)
        {
            throw GantryException.DataCorrupt($"the layer in {_directory} was changed: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        FileAt.Close(_diff);
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    /// <summary>Goes through the records; raw ones are written to <paramref name="rawTo"/>, displacements are collected when that is null.</summary>
    private async Task ForEachAsync(Func<int, string, long, long, Task> content, Stream? rawTo, CancellationToken cancellationToken)
    {
        var input = new ZstdSharp.DecompressionStream(File.OpenRead(Path.Combine(_directory, TarSplitWriter.FileName)), leaveOpen: false);
        await using var close = input.ConfigureAwait(false);
        var head = new byte[25];
        for (var contents = 0; await input.ReadAsync(head.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) == 1;)
        {
            if (head[0] == TarSplitWriter.RawKind)
            {
                await CopyRawAsync(input, head, rawTo, cancellationToken).ConfigureAwait(false);
                continue;
            }

            await input.ReadExactlyAsync(head.AsMemory(1), cancellationToken).ConfigureAwait(false);
            var (first, second) = (Number(head, 1), Number(head, 9));
            var path = LinuxPath.Decode((await ReadAsync(input, Number(head, 17), MaxPath, cancellationToken).ConfigureAwait(false)).Span);
            if (head[0] == TarSplitWriter.ContentKind)
            {
                await content(contents++, path, first, second).ConfigureAwait(false);
            }
            else if (rawTo is null)
            {
                _displaced.Add(new Displacement(path, first, second));
            }
        }
    }

    private async Task CopyRawAsync(Stream input, byte[] head, Stream? rawTo, CancellationToken cancellationToken)
    {
        await input.ReadExactlyAsync(head.AsMemory(1, 8), cancellationToken).ConfigureAwait(false);
        var raw = await ReadAsync(input, Number(head, 1), MaxRaw, cancellationToken).ConfigureAwait(false);
        if (rawTo is not null)
        {
            await rawTo.WriteAsync(raw, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream input, long length, int maximum, CancellationToken cancellationToken)
    {
        if (length < 0 || length > maximum)
        {
            throw GantryException.DataCorrupt("a tar-split record has a wrong length");
        }

        var bytes = new byte[length];
        await input.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    private async Task CopyContentAsync(int number, string path, long offset, long length, Stream destination, CancellationToken cancellationToken)
    {
        var fd = Open(number, path);
        try
        {
            while (length > 0)
            {
                var wanted = (int)Math.Min(length, _buffer.Length);
                if (FileData.ReadFully(fd, _buffer.AsSpan(0, wanted), offset) < wanted)
                {
                    throw GantryException.DataCorrupt($"the layer in {_directory} was changed: {path} is shorter");
                }

                await destination.WriteAsync(_buffer.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
                offset += wanted;
                length -= wanted;
            }
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private int Open(int number, string path)
    {
        var moved = _displaced.Find(d => number < d.Contents && (path == d.Path || path.StartsWith(d.Path + "/", StringComparison.Ordinal)));
        if (moved is null)
        {
            return FileAt.Check(FileAt.TryOpenRooted(_diff, path, OpenAtFlags.ReadOnly, Plain), "openat2", path);
        }

        var aside = $"{_directory}/{LayerUnpacker.DisplacedName}/{moved.Number}{path[moved.Path.Length..]}";
        return FileAt.Open(FileAt.CurrentDirectory, aside, OpenAtFlags.NoFollow);
    }

    private static long Number(byte[] head, int offset) => BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(offset));

    private sealed record Displacement(string Path, long Number, long Contents);
}
