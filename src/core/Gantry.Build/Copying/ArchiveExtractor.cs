using Gantry.Build.Files;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.IO.Compression;
using Gantry.IO.Tar;
using Gantry.Linux;

namespace Gantry.Build.Copying;

/// <summary>ADD's unpacking of a local tar into a layer. Names in the tar stay below the destination, links are followed inside the root.</summary>
internal sealed class ArchiveExtractor(LayerWriter layer)
{
    private const int MaxEntries = 20_000_000;

    /// <summary>True when the content is a tar, plain or compressed, of which a first entry can be read.</summary>
    public static async Task<bool> IsArchiveAsync(Stream content, CancellationToken cancellationToken)
    {
        try
        {
            await using var plain = await Decompression.OpenAsync(content, leaveOpen: true, cancellationToken).ConfigureAwait(false);
            using var reader = new TarReader(plain);
            return await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (Exception e) when (e is GantryException or InvalidDataException or EndOfStreamException)
        {
            return false;
        }
    }

    /// <summary>Unpacks into the directory at <paramref name="destination"/> (canonical), which is made when missing.</summary>
    public async Task ExtractAsync(Stream content, string destination, CancellationToken cancellationToken)
    {
        layer.MakeDirectories(destination, default);
        await using var plain = await Decompression.OpenAsync(content, leaveOpen: true, cancellationToken).ConfigureAwait(false);
        using var reader = new TarReader(plain);
        var times = new List<(string Path, long Modified)>();
        for (var count = 0; await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry;)
        {
            if (++count > MaxEntries)
            {
                throw GantryException.InvalidArgument($"the archive has more than {MaxEntries} files");
            }

            await PutAsync(reader, entry, destination, times, cancellationToken).ConfigureAwait(false);
        }

        for (var i = times.Count - 1; i >= 0; i--)
        {
            if (layer.IsDirectory(times[i].Path))
            {
                layer.SetTime(times[i].Path, times[i].Modified);
            }
        }
    }

    private async Task PutAsync(
        TarReader reader, TarEntry entry, string destination, List<(string Path, long Modified)> times, CancellationToken cancellationToken)
    {
        var path = Place(entry.Name, destination);
        if (path == destination)
        {
            return;
        }

        layer.MakeDirectories(RootedPath.Parent(path), default);
        var owner = new CopyOwner(entry.UserId, entry.GroupId);
        switch (entry.Kind)
        {
            case TarEntryKind.Directory:
                layer.PutDirectory(path, entry.Mode, owner);
                times.Add((path, entry.ModifiedNanoseconds));
                break;
            case TarEntryKind.File:
                await PutFileAsync(reader, entry, path, owner, cancellationToken).ConfigureAwait(false);
                break;
            case TarEntryKind.Symlink:
                layer.PutSymlink(path, entry.LinkName, owner, entry.ModifiedNanoseconds);
                break;
            case TarEntryKind.Hardlink:
                PutHardlink(entry, path, destination);
                return;
            default:
                layer.PutNode(path, Kind(entry.Kind), entry.Mode, owner, entry.ModifiedNanoseconds, entry.DeviceMajor, entry.DeviceMinor);
                break;
        }

        layer.SetXattrs(path, (entry.Xattrs ?? []).Where(x => !x.Key.StartsWith("trusted.", StringComparison.Ordinal)));
    }

    private async Task PutFileAsync(TarReader reader, TarEntry entry, string path, CopyOwner owner, CancellationToken cancellationToken)
    {
        var pieces = new Queue<TarExtent>(entry.Extents ?? [new TarExtent(0, entry.Size)]);
        var descriptor = layer.CreateFile(path);
        try
        {
            FileData.SetLength(descriptor, entry.Size);
            var extent = pieces.Count > 0 ? pieces.Dequeue() : default;
            var written = 0L;
            while (await reader.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } data)
            {
                while (!data.IsEmpty)
                {
                    if (written == extent.Length)
                    {
                        (extent, written) = (pieces.Dequeue(), 0);
                    }

                    var n = (int)Math.Min(data.Length, extent.Length - written);
                    FileData.WriteAll(descriptor, data.Span[..n], extent.Offset + written);
                    written += n;
                    data = data[n..];
                }
            }

            layer.SetAttributes(descriptor, path, entry.Mode, owner, entry.ModifiedNanoseconds);
        }
        finally
        {
            FileAt.Close(descriptor);
        }
    }

    private void PutHardlink(TarEntry entry, string path, string destination)
    {
        var target = Place(entry.LinkName, destination);
        if (!layer.TryPutHardlink(path, target))
        {
            throw GantryException.InvalidArgument($"invalid hard link in archive: {entry.Name} -> {entry.LinkName}");
        }
    }

    /// <summary>The canonical path of a member: below the destination, links in its parents followed, its own not.</summary>
    private string Place(string name, string destination)
    {
        var inside = GoPath.Clean("./" + name);
        if (inside == ".." || inside.StartsWith("../", StringComparison.Ordinal))
        {
            throw GantryException.InvalidArgument($"\"{name}\" is outside of \"/{destination}\"");
        }

        return inside == "." ? destination : layer.Resolve(RootedPath.Join(destination, inside), followLast: false);
    }

    private static FileKind Kind(TarEntryKind kind) => kind switch
    {
        TarEntryKind.Fifo => FileKind.Fifo,
        TarEntryKind.CharacterDevice => FileKind.CharacterDevice,
        _ => FileKind.BlockDevice,
    };
}
