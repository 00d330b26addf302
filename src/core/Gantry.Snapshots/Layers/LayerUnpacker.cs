using Gantry.Errors;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>
/// Unpacks one layer tar into a directory of its own, in the form overlayfs stacks: OCI whiteouts (image-spec, layer.md) become 0/0 character
/// devices and opaque marks. Needs the parent's files only for the attributes of directories the tar doesn't mention and for hard links into
/// lower layers, and asks for them at the end.
/// </summary>
internal sealed class LayerUnpacker : IDisposable
{
    internal const string DisplacedName = "displaced";
    private const string WhiteoutPrefix = ".wh.";
    private const string WhiteoutMetaPrefix = ".wh..wh.";
    private const string OpaqueName = ".wh..wh..opq";
    private const string OpaqueAttribute = "trusted.overlay.opaque";

    private readonly string _directory;
    private readonly int _diff;
    private readonly Func<CancellationToken, Task<LayerView?>> _openParent;
    private readonly TarSplitWriter _split;
    private readonly TreeWriter _tree;
    private readonly HashSet<string> _whiteouts = new(StringComparer.Ordinal);
    private readonly List<string> _implied = [];
    private readonly OrderedDictionary<string, TarEntry> _lowerLinks = new(StringComparer.Ordinal);
    private bool _rootSeen;
    private int _displaced;
    private int _firstContent;

    /// <param name="directory">The layer's directory with an empty <c>diff</c> in it.</param>
    /// <param name="openParent">Waits for the parent layer and opens a view of it, which is disposed here; null without a parent.</param>
    internal LayerUnpacker(string directory, LayerStoreOptions options, Func<CancellationToken, Task<LayerView?>> openParent)
    {
        _directory = directory;
        _openParent = openParent;
        _diff = FileAt.OpenDirectory(Path.Combine(directory, LayerStore.DiffName));
        FileAt.Check(FileAt.TryChangeMode(_diff, 0x1ED), "fchmod", directory);
        options.Ids?.GiveToRoot(Path.Combine(directory, LayerStore.DiffName));
        _split = TarSplitWriter.Create(Path.Combine(directory, TarSplitWriter.FileName));
        _tree = new TreeWriter(_diff, new TreeWriterOptions
        {
            Ids = options.Ids,
            MaxEntries = options.MaxEntries,
            MaxBytes = options.MaxBytes,
            Implied = OnImplied,
            Displace = OnDisplace,
        });
    }

    internal long FileBytes => _tree.FileBytes;

    internal async Task RunAsync(Stream tar, CancellationToken cancellationToken)
    {
        using var reader = new TarReader(tar, _split.Raw);
        while (await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            var path = TreePath.Normalize(entry.Name);
            var (directory, name) = TreePath.Split(path);
            if (name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            {
                await KeepContentAsync(reader, cancellationToken).ConfigureAwait(false);
                WhiteOut(directory, name, entry);
            }
            else
            {
                await PlaceAsync(path, entry, reader, cancellationToken).ConfigureAwait(false);
            }
        }

        await TakeFromParentAsync(reader, cancellationToken).ConfigureAwait(false);
        _tree.Finish();
        _split.Complete();
    }

    public void Dispose()
    {
        _tree.Dispose();
        _split.Dispose();
        FileAt.Close(_diff);
    }

    private async Task PlaceAsync(string path, TarEntry entry, TarReader reader, CancellationToken cancellationToken)
    {
        _firstContent = _split.Contents;
        _lowerLinks.Remove(path);
        _rootSeen |= path.Length == 0;
        RecordContent(path, entry, reader.DataLeft);
        if (!await _tree.PlaceAsync(path, entry, reader, cancellationToken).ConfigureAwait(false))
        {
            _lowerLinks[path] = entry;
        }

        // A directory in place of one that was removed must not show the lower one's contents.
        if (_whiteouts.Remove(path) && entry.Kind == TarEntryKind.Directory)
        {
            MarkOpaque(path);
        }
    }

    /// <summary>Notes where the entry's content can be read again.</summary>
    private void RecordContent(string path, TarEntry entry, long stored)
    {
        if (stored == 0)
        {
            return;
        }

        var (directory, name) = TreePath.Split(path);
        var physical = TreePath.Join(_tree.OpenDirectory(directory).Physical, name);
        if (entry.Extents is null)
        {
            _split.Content(physical, 0, stored);
        }

        foreach (var extent in entry.Extents ?? [])
        {
            _split.Content(physical, extent.Offset, extent.Length);
        }
    }

    /// <summary>Content of an entry that makes no file of that content is kept as it is.</summary>
    private async Task KeepContentAsync(TarReader reader, CancellationToken cancellationToken)
    {
        while (await reader.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            _split.Raw(piece.Span);
        }
    }

    private void WhiteOut(string directory, string name, TarEntry entry)
    {
        if (name == OpaqueName)
        {
            _tree.OpenDirectory(directory);
            MarkOpaque(directory);
            return;
        }

        if (name.StartsWith(WhiteoutMetaPrefix, StringComparison.Ordinal))
        {
            return; // aufs' own files
        }

        var hidden = name[WhiteoutPrefix.Length..];
        if (hidden.Length == 0 || hidden is "." or "..")
        {
            throw GantryException.DataCorrupt($"invalid tar: \"{TreePath.Printable(entry.Name)}\" is a whiteout of nothing");
        }

        var (parent, physical) = _tree.OpenDirectory(directory);
        var path = TreePath.Join(physical, hidden);
        switch (FileAt.TryMakeNode(parent, hidden, FileKind.CharacterDevice, 0))
        {
            case 0:
                _whiteouts.Add(path);
                break;
            case -Errno.EEXIST:
                // A whiteout is about lower layers only: what this layer has itself stays, but nothing shines through.
                if (!_whiteouts.Contains(path) && FileAt.Stat(parent, hidden).IsDirectory)
                {
                    MarkOpaque(path);
                }

                break;
            case var error:
                throw new LinuxException("mknod", -error, TreePath.Printable(path));
        }
    }

    private void MarkOpaque(string path)
    {
        var (fd, _) = _tree.OpenDirectory(path);
        FileAt.Check(Xattrs.TrySet(fd, string.Empty, OpaqueAttribute, "y"u8), "setxattr", TreePath.Printable(path));
    }

    private void OnImplied(string path)
    {
        if (_whiteouts.Remove(path))
        {
            using var handle = new DirectoryHandle(_diff, path);
            FileAt.Check(Xattrs.TrySet(handle.Descriptor, string.Empty, OpaqueAttribute, "y"u8), "setxattr", TreePath.Printable(path));
        }
        else
        {
            _implied.Add(path);
        }
    }

    /// <summary>The same path twice in one tar: the first content goes aside, since the tar must be writable again byte for byte.</summary>
    private bool OnDisplace(int directory, string name, string path, FileStatus status)
    {
        if (status.IsWhiteout || status.Kind is not (FileKind.File or FileKind.Directory) || (status.Kind == FileKind.File && status.Size == 0))
        {
            return false;
        }

        var aside = Directory.CreateDirectory(Path.Combine(_directory, DisplacedName)).FullName;
        var number = _displaced++;
        FileAt.Check(FileAt.TryRename(directory, name, FileAt.CurrentDirectory, Path.Combine(aside, $"{number}")), "rename", TreePath.Printable(path));
        _split.Displaced(path, number, _firstContent);
        return true;
    }

    private async Task TakeFromParentAsync(TarReader reader, CancellationToken cancellationToken)
    {
        var rootFromParent = !_rootSeen;
        if (!rootFromParent && _implied.Count == 0 && _lowerLinks.Count == 0)
        {
            return;
        }

        using var parent = await _openParent(cancellationToken).ConfigureAwait(false);
        foreach (var (path, entry) in _lowerLinks)
        {
            if (!await _tree.PlaceAsync(path, entry, reader, cancellationToken).ConfigureAwait(false) && !CopyFromParent(parent, path, entry))
            {
                throw GantryException.DataCorrupt($"invalid hard link \"{TreePath.Printable(entry.Name)}\" -> \"{TreePath.Printable(entry.LinkName)}\": no such file");
            }
        }

        foreach (var path in rootFromParent ? [string.Empty, .. _implied] : _implied)
        {
            CopyAttributes(parent, path);
        }
    }

    /// <summary>A hard link to a file of a lower layer: overlayfs would copy the file up first, so this does.</summary>
    private bool CopyFromParent(LayerView? parent, string path, TarEntry entry)
    {
        var (directory, name) = TreePath.Split(TreePath.Normalize(entry.LinkName));
        if (parent is null || name.Length == 0)
        {
            return false;
        }

        var from = FileAt.TryOpenRooted(parent.Descriptor, directory, OpenAtFlags.Path | OpenAtFlags.Directory, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
        if (from < 0)
        {
            return false;
        }

        try
        {
            if (FileAt.TryStat(from, name, out var status) != 0 || status.IsDirectory)
            {
                return false;
            }

            var (targetDirectory, targetName) = TreePath.Split(path);
            var (to, _) = _tree.OpenDirectory(targetDirectory);
            TreeRemover.Remove(to, targetName);
            TreeCopier.CopyNode(from, name, to, targetName);
            return true;
        }
        finally
        {
            FileAt.Close(from);
        }
    }

    /// <summary>A directory that the tar only passes through keeps what the lower layers say of it.</summary>
    private void CopyAttributes(LayerView? parent, string path)
    {
        using var own = DirectoryHandle.TryOpen(_diff, path);
        using var lower = parent is null ? null : DirectoryHandle.TryOpen(parent.Descriptor, path);
        if (own is not null && lower is not null)
        {
            TreeCopier.CopyAttributes(lower.Descriptor, own.Descriptor);
        }
    }
}
