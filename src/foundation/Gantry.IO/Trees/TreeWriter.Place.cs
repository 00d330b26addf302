using Gantry.Errors;
using Gantry.IO.Tar;
using Gantry.Linux;

namespace Gantry.IO.Trees;

public sealed partial class TreeWriter
{
    private const int OwnerOnly = 0x180;
    private const long WriteBackStep = 8 << 20;

    /// <summary>
    /// Makes what the entry says, replacing what is there (a directory keeps its contents when the entry is one too). A file's content is
    /// taken from <paramref name="reader"/>. False: a hard link whose target doesn't exist; nothing was done.
    /// </summary>
    /// <param name="path">The entry's name, normalised; empty for the root itself.</param>
    /// <exception cref="GantryException">DataCorrupt, InvalidArgument (<see cref="TreeWriterOptions.KeepKind"/>), ResourceExhausted.</exception>
    public async ValueTask<bool> PlaceAsync(string path, TarEntry entry, TarReader reader, CancellationToken cancellationToken = default)
    {
        Count(entry, reader);
        if (entry.Kind == TarEntryKind.Directory)
        {
            PlaceDirectory(path, entry);
            return true;
        }

        if (path.Length == 0)
        {
            throw GantryException.DataCorrupt($"invalid tar: \"{TreePath.Printable(entry.Name)}\" would replace the root");
        }

        var (directory, name) = TreePath.Split(path);
        var parent = Locate(directory, create: true)!;
        var target = new Place(parent.Descriptor, name, TreePath.Join(parent.Physical, name));
        switch (entry.Kind)
        {
            case TarEntryKind.File:
                await PlaceFileAsync(target, entry, reader, cancellationToken).ConfigureAwait(false);
                return true;
            case TarEntryKind.Hardlink:
                return PlaceHardlink(target, entry);
            case TarEntryKind.Symlink:
                PlaceSymlink(target, directory, entry);
                return true;
            default:
                PlaceNode(target, entry);
                return true;
        }
    }

    private void Count(TarEntry entry, TarReader reader)
    {
        FileBytes += entry.Kind switch
        {
            TarEntryKind.File => entry.Size,
            TarEntryKind.Symlink => System.Text.Encoding.UTF8.GetByteCount(entry.LinkName),
            _ => 0,
        };
        if (++_entries > _options.MaxEntries || entry.Size > _options.MaxBytes || FileBytes > _options.MaxBytes || reader.DataLeft > _options.MaxBytes)
        {
            throw GantryException.DataCorrupt($"the archive is larger than allowed ({_options.MaxEntries} entries, {_options.MaxBytes} bytes)");
        }
    }

    private void PlaceDirectory(string path, TarEntry entry)
    {
        var (directory, name) = TreePath.Split(path);
        var parent = path.Length == 0 ? null : Locate(directory, create: true)!;
        var physical = parent is null ? string.Empty : TreePath.Join(parent.Physical, name);
        if (parent is not null)
        {
            Create(new Place(parent.Descriptor, name, physical), entry.Kind, p => FileAt.TryMakeDirectory(p.Directory, p.Name, OwnerOnly | 0x40));
        }

        var fd = parent is null
            ? FileAt.Open(_root, ".", OpenAtFlags.Directory)
            : FileAt.Open(parent.Descriptor, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        SetAttributes(fd, entry, physical);
        _directoryTimes.Add((physical, entry.ModifiedNanoseconds));
        _cache.Add(new OpenDirectory(path, physical, fd));
    }

    private async ValueTask PlaceFileAsync(Place place, TarEntry entry, TarReader reader, CancellationToken cancellationToken)
    {
        var fd = Create(place, entry.Kind, static p =>
            FileAt.TryOpen(p.Directory, p.Name, OpenAtFlags.WriteOnly | OpenAtFlags.Create | OpenAtFlags.Exclusive | OpenAtFlags.NoFollow, OwnerOnly));
        try
        {
            if (entry.Extents is { } extents)
            {
                await WriteSparseAsync(fd, extents, reader, cancellationToken).ConfigureAwait(false);
                FileData.SetLength(fd, entry.Size);
            }
            else
            {
                await WriteDataAsync(fd, reader, cancellationToken).ConfigureAwait(false);
            }

            SetAttributes(fd, entry, place.Path);
            FileAt.Check(FileAt.TrySetTime(fd, entry.ModifiedNanoseconds), "futimens", place.Path);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry($"write /{TreePath.Printable(place.Path)}");
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private static async ValueTask WriteDataAsync(int fd, TarReader reader, CancellationToken cancellationToken)
    {
        var written = 0L;
        var started = 0L;
        while (await reader.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            FileData.WriteAll(fd, piece.Span);
            written += piece.Length;
            if (written - started >= WriteBackStep)
            {
                FileData.StartWriteBack(fd, started, written - started);
                started = written;
            }
        }
    }

    private static async ValueTask WriteSparseAsync(int fd, IReadOnlyList<TarExtent> extents, TarReader reader, CancellationToken cancellationToken)
    {
        var piece = ReadOnlyMemory<byte>.Empty;
        foreach (var extent in extents)
        {
            for (var done = 0L; done < extent.Length;)
            {
                piece = piece.IsEmpty ? await reader.ReadDataAsync(cancellationToken).ConfigureAwait(false) : piece;
                var count = (int)Math.Min(piece.Length, extent.Length - done);
                FileData.WriteAll(fd, piece.Span[..count], extent.Offset + done);
                piece = piece[count..];
                done += count;
            }
        }
    }

    private bool PlaceHardlink(Place place, TarEntry entry)
    {
        var target = TreePath.Normalize(entry.LinkName);
        var (targetDirectory, targetName) = TreePath.Split(target);

        // Both descriptors must be alive at once: the cache closes the oldest of sixteen, never the latest two.
        if (targetName.Length == 0 || Locate(targetDirectory, create: false) is not { } from)
        {
            return false;
        }

        if (FileAt.TryStat(from.Descriptor, targetName, out var status) != 0 || status.IsWhiteout)
        {
            return false;
        }

        if (status.IsDirectory)
        {
            throw GantryException.DataCorrupt($"invalid hard link \"{TreePath.Printable(entry.Name)}\": \"{TreePath.Printable(entry.LinkName)}\" is a directory");
        }

        if (FileAt.TryStat(place.Directory, place.Name, out var existing) == 0 && existing.Inode == status.Inode && existing.FileSystem == status.FileSystem)
        {
            return true;
        }

        Create(place, entry.Kind, p => FileAt.TryLink(from.Descriptor, targetName, p.Directory, p.Name));
        return true;
    }

    private void PlaceSymlink(Place place, string directory, TarEntry entry)
    {
        if (entry.LinkName.Length == 0 || (_options.CheckLinks && LeavesRoot(directory, entry.LinkName)))
        {
            throw GantryException.DataCorrupt($"invalid symlink \"/{TreePath.Printable(entry.Name)}\" -> \"{TreePath.Printable(entry.LinkName)}\"");
        }

        Create(place, entry.Kind, p => FileAt.TryMakeSymlink(entry.LinkName, p.Directory, p.Name));
        SetOwner(place, entry);
        SetXattrs(place, entry);
        FileAt.Check(FileAt.TrySetTime(place.Directory, place.Name, entry.ModifiedNanoseconds), "utimensat", place.Path);
    }

    private void PlaceNode(Place place, TarEntry entry)
    {
        var kind = entry.Kind switch
        {
            TarEntryKind.CharacterDevice => FileKind.CharacterDevice,
            TarEntryKind.BlockDevice => FileKind.BlockDevice,
            _ => FileKind.Fifo,
        };
        Create(place, entry.Kind, p => FileAt.TryMakeNode(p.Directory, p.Name, kind, OwnerOnly, entry.DeviceMajor, entry.DeviceMinor));
        SetOwner(place, entry);
        SetXattrs(place, entry);
        FileAt.Check(FileAt.TryChangeModeNoFollow(place.Directory, place.Name, entry.Mode), "fchmodat", place.Path);
        FileAt.Check(FileAt.TrySetTime(place.Directory, place.Name, entry.ModifiedNanoseconds), "utimensat", place.Path);
    }

    /// <summary>Makes the name, first making room for it where something else has it.</summary>
    private int Create(Place place, TarEntryKind kind, Func<Place, int> make)
    {
        var result = make(place);
        if (result == -Errno.EEXIST)
        {
            FileAt.Check(FileAt.TryStat(place.Directory, place.Name, out var existing), "statx", TreePath.Printable(place.Path));
            if (kind == TarEntryKind.Directory && existing.IsDirectory)
            {
                return 0;
            }

            CheckKind(place, kind, existing);
            MakeRoom(place.Directory, place.Name, place.Path, existing);
            result = make(place);
        }

        return result >= 0 ? result
            : throw new LinuxException("create", -result, "/" + TreePath.Printable(place.Path)).ToGantry("unpack");
    }

    private void CheckKind(Place place, TarEntryKind kind, FileStatus existing)
    {
        var isDirectory = kind == TarEntryKind.Directory;
        if (_options.KeepKind && existing.IsDirectory != isDirectory)
        {
            throw GantryException.InvalidArgument(isDirectory
                ? $"cannot overwrite non-directory \"/{place.Path}\" with directory \"/\""
                : $"cannot overwrite directory \"/{place.Path}\" with non-directory \"/\"");
        }
    }

    private void MakeRoom(int directory, string name, string path, FileStatus existing)
    {
        if (_options.Displace?.Invoke(directory, name, path, existing) != true)
        {
            TreeRemover.Remove(directory, name);
        }

        if (existing.Kind is FileKind.Directory or FileKind.Symlink)
        {
            // Descriptors in the cache may lie below or have been reached through it; the parent in use is opened again by the next call.
            _staleCache = true;
        }
    }

    /// <summary>Where an entry goes.</summary>
    private readonly record struct Place(int Directory, string Name, string Path);
}
