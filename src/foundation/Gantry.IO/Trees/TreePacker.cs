using System.Buffers;
using Gantry.IO.Tar;
using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>
/// Writes a tree as tar entries in the order of the names' bytes, by descriptor and without following links. The same tree gives the same
/// bytes. A file that shrinks meanwhile is filled up with zeros, as tar does; sockets are left out.
/// </summary>
public sealed class TreePacker
{
    private const string WhiteoutPrefix = ".wh.";
    private const string OpaqueName = ".wh..wh..opq";
    private const string OpaqueAttribute = "trusted.overlay.opaque";
    private const string OverlayPrefix = "trusted.overlay.";

    private readonly TarWriter _writer;
    private readonly TreePackerOptions _options;
    private readonly Dictionary<(ulong FileSystem, ulong Inode), string> _linked = [];

    private TreePacker(TarWriter writer, TreePackerOptions options)
    {
        _writer = writer;
        _options = options;
    }

    /// <summary>Bytes of the regular files and links' texts written.</summary>
    public long FileBytes { get; private set; }

    /// <summary>Packs the directory <paramref name="root"/> (any kind of descriptor; stays the caller's). Returns the file bytes.</summary>
    public static async Task<long> PackAsync(int root, TarWriter writer, TreePackerOptions options, CancellationToken cancellationToken = default)
    {
        var packer = new TreePacker(writer, options);
        var fd = FileAt.Open(root, ".", OpenAtFlags.Directory);
        try
        {
            if (options.IncludeRoot || options.RootName.Length > 0)
            {
                await packer.WriteAsync(packer.ToEntry(FileAt.Stat(fd), fd, string.Empty, string.Empty), cancellationToken).ConfigureAwait(false);
            }

            await packer.PackChildrenAsync(fd, string.Empty, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FileAt.Close(fd);
        }

        return packer.FileBytes;
    }

    /// <summary>Packs one name of a directory, and what is below it, as <see cref="TreePackerOptions.RootName"/>.</summary>
    public static async Task<long> PackNodeAsync(int directory, string name, TarWriter writer, TreePackerOptions options, CancellationToken cancellationToken = default)
    {
        var packer = new TreePacker(writer, options);
        await packer.PackOneAsync(directory, name, string.Empty, cancellationToken).ConfigureAwait(false);
        return packer.FileBytes;
    }

    private async Task PackChildrenAsync(int directory, string path, CancellationToken cancellationToken)
    {
        var names = DirectoryEntries.Read(directory).Select(e => (e.Name, Key: LinuxPath.Encode(e.Name))).ToList();
        names.Sort(static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        foreach (var (name, _) in names)
        {
            await PackOneAsync(directory, name, TreePath.Join(path, name), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PackOneAsync(int directory, string name, string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_options.Include?.Invoke(path) == false || FileAt.TryStat(directory, name, out var status) != 0 || status.Kind == FileKind.Socket)
        {
            return;
        }

        if (_options.Overlay && status.IsWhiteout)
        {
            await WriteWhiteoutAsync(path, cancellationToken).ConfigureAwait(false);
            return;
        }

        switch (status.Kind)
        {
            case FileKind.Directory:
                await PackDirectoryAsync(directory, name, path, status, cancellationToken).ConfigureAwait(false);
                break;
            case FileKind.File:
                await PackFileAsync(directory, name, path, status, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await WriteAsync(ToEntry(status, directory, name, path), cancellationToken).ConfigureAwait(false);
                FileBytes += status.Kind == FileKind.Symlink ? status.Size : 0;
                break;
        }
    }

    private async Task PackDirectoryAsync(int parent, string name, string path, FileStatus status, CancellationToken cancellationToken)
    {
        var fd = FileAt.TryOpen(parent, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        if (fd is -Errno.ENOENT or -Errno.ENOTDIR)
        {
            return; // gone, or something else by now
        }

        FileAt.Check(fd, "open", path);
        try
        {
            if (_options.OmitDirectory?.Invoke(path) != true)
            {
                await WriteAsync(ToEntry(status, parent, name, path), cancellationToken).ConfigureAwait(false);
            }

            if (_options.Overlay && Xattrs.Get(parent, name, OpaqueAttribute) is [(byte)'y'])
            {
                await WriteMarkAsync(TreePath.Join(path, OpaqueName), cancellationToken).ConfigureAwait(false);
            }

            await PackChildrenAsync(fd, path, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private async Task PackFileAsync(int directory, string name, string path, FileStatus status, CancellationToken cancellationToken)
    {
        var entry = ToEntry(status, directory, name, path);
        if (status.Links > 1 && !_linked.TryAdd((status.FileSystem, status.Inode), entry.Name))
        {
            var target = _linked[(status.FileSystem, status.Inode)];
            await WriteAsync(entry with { Kind = TarEntryKind.Hardlink, LinkName = target, Size = 0, Xattrs = null }, cancellationToken).ConfigureAwait(false);
            return;
        }

        var fd = FileAt.TryOpen(directory, name, OpenAtFlags.NoFollow | OpenAtFlags.NonBlocking);
        if (fd == -Errno.ENOENT)
        {
            return;
        }

        FileAt.Check(fd, "open", path);
        try
        {
            await WriteAsync(entry, cancellationToken).ConfigureAwait(false);
            _options.Content?.Invoke(path, entry.Size);
            await CopyAsync(fd, entry.Size, cancellationToken).ConfigureAwait(false);
            FileBytes += entry.Size;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private async Task CopyAsync(int fd, long size, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(size, 1, 256 << 10));
        try
        {
            for (var done = 0L; done < size;)
            {
                var wanted = (int)Math.Min(buffer.Length, size - done);
                var read = FileData.ReadFully(fd, buffer.AsSpan(0, wanted), done);
                buffer.AsSpan(read, wanted - read).Clear();
                await _writer.WriteDataAsync(buffer.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
                done += wanted;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Task WriteWhiteoutAsync(string path, CancellationToken cancellationToken)
    {
        var (parent, name) = TreePath.Split(path);
        return WriteMarkAsync(TreePath.Join(parent, WhiteoutPrefix + name), cancellationToken);
    }

    private Task WriteMarkAsync(string path, CancellationToken cancellationToken) =>
        WriteAsync(new TarEntry { Name = ArchiveName(path), Kind = TarEntryKind.File, Mode = 0x180 }, cancellationToken);

    private async Task WriteAsync(TarEntry entry, CancellationToken cancellationToken) =>
        await _writer.BeginEntryAsync(_options.Map?.Invoke(entry) ?? entry, cancellationToken).ConfigureAwait(false);

    private TarEntry ToEntry(FileStatus status, int directory, string name, string path)
    {
        var kind = status.Kind switch
        {
            FileKind.Directory => TarEntryKind.Directory,
            FileKind.Symlink => TarEntryKind.Symlink,
            FileKind.CharacterDevice => TarEntryKind.CharacterDevice,
            FileKind.BlockDevice => TarEntryKind.BlockDevice,
            FileKind.Fifo => TarEntryKind.Fifo,
            _ => TarEntryKind.File,
        };
        var isDevice = kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice;
        var time = status.ModifiedNanoseconds;
        var (user, group) = _options.Ids?.ToContainer(status.UserId, status.GroupId) ?? (status.UserId, status.GroupId);
        return new TarEntry
        {
            Name = ArchiveName(path),
            Kind = kind,
            Mode = status.Mode,
            UserId = user,
            GroupId = group,
            Size = kind == TarEntryKind.File ? status.Size : 0,
            ModifiedNanoseconds = _options.WholeSeconds ? time - (((time % 1_000_000_000) + 1_000_000_000) % 1_000_000_000) : time,
            LinkName = kind == TarEntryKind.Symlink && FileAt.TryReadLink(directory, name, out var target) == 0 ? target : string.Empty,
            DeviceMajor = isDevice ? status.DeviceMajor : 0,
            DeviceMinor = isDevice ? status.DeviceMinor : 0,
            Xattrs = ReadXattrs(directory, name),
        };
    }

    /// <summary>Attributes in name order. Docker's layers carry only capabilities; more makes a better copy and costs nothing where there are none.</summary>
    private List<KeyValuePair<string, byte[]>>? ReadXattrs(int directory, string name)
    {
        List<KeyValuePair<string, byte[]>>? attributes = null;
        foreach (var attribute in Xattrs.List(directory, name).Where(IsPacked).Order(StringComparer.Ordinal))
        {
            if (Xattrs.Get(directory, name, attribute) is { } value)
            {
                (attributes ??= []).Add(new(attribute, _options.Ids is null ? value : FileCapabilities.WithoutOwner(attribute, value)));
            }
        }

        return attributes;
    }

    /// <summary>Security labels and access lists belong to the host; overlayfs' marks are written in OCI's form.</summary>
    private static bool IsPacked(string attribute) =>
        attribute == "security.capability" || attribute.StartsWith("user.", StringComparison.Ordinal)
        || (attribute.StartsWith("trusted.", StringComparison.Ordinal) && !attribute.StartsWith(OverlayPrefix, StringComparison.Ordinal));

    private string ArchiveName(string path) => _options.RootName switch
    {
        "" => path.Length == 0 ? "." : path,
        "/" => "/" + path,
        var root => TreePath.Join(root, path).TrimEnd('/'),
    };
}
