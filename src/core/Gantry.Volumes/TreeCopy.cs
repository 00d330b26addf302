using Gantry.Linux;

namespace Gantry.Volumes;

/// <summary>
/// Copies a directory's contents with owners, modes, times, extended attributes, devices and hard links. Everything is done relative to
/// descriptors and no symlink is followed, so a hostile source can't lead outside of either tree.
/// </summary>
internal sealed class TreeCopy(CancellationToken cancellationToken)
{
    private const int MaxDepth = 1000;
    private readonly Dictionary<(ulong FileSystem, ulong Inode), string> _linked = [];
    private int _destinationRoot;

    /// <summary>Copies what is in the directory <paramref name="source"/> into <paramref name="destination"/>, and the directory's own attributes.</summary>
    /// <exception cref="LinuxException">A call fails; what was copied so far stays.</exception>
    internal void CopyContents(int source, int destination)
    {
        _destinationRoot = destination;
        CopyDirectory(source, destination, string.Empty, 0);
    }

    private void CopyDirectory(int source, int destination, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new LinuxException("copy", Errno.ELOOP, path);
        }

        foreach (var entry in DirectoryEntries.Read(source, "."))
        {
            cancellationToken.ThrowIfCancellationRequested();
            CopyEntry(source, destination, entry.Name, path.Length == 0 ? entry.Name : $"{path}/{entry.Name}", depth);
        }

        var status = FileAt.Stat(source);
        CopyXattrs(source, ".", destination, ".");
        FileAt.Check(FileAt.TryChangeOwner(destination, status.UserId, status.GroupId), "chown", path);
        FileAt.Check(FileAt.TryChangeMode(destination, status.Mode), "chmod", path);
        FileAt.Check(FileAt.TrySetTime(destination, status.ModifiedNanoseconds), "utimensat", path);
    }

    private void CopyEntry(int source, int destination, string name, string path, int depth)
    {
        var status = FileAt.Stat(source, name);
        if (status is { IsDirectory: false, Links: > 1 } && !_linked.TryAdd((status.FileSystem, status.Inode), path))
        {
            FileAt.Check(FileAt.TryLink(_destinationRoot, _linked[(status.FileSystem, status.Inode)], destination, name), "link", path);
            return;
        }

        switch (status.Kind)
        {
            case FileKind.Directory:
                FileAt.Check(FileAt.TryMakeDirectory(destination, name, 0x1C0), "mkdir", path);
                Opened(source, destination, name, OpenAtFlags.Directory, OpenAtFlags.Directory, (from, to) => CopyDirectory(from, to, path, depth + 1));
                return;
            case FileKind.File:
                Opened(source, destination, name, OpenAtFlags.ReadOnly, OpenAtFlags.WriteOnly | OpenAtFlags.Create | OpenAtFlags.Exclusive,
                    (from, to) => FileData.CopyFile(from, to, status.Size));
                break;
            case FileKind.Symlink:
                FileAt.Check(FileAt.TryReadLink(source, name, out var target), "readlink", path);
                FileAt.Check(FileAt.TryMakeSymlink(target, destination, name), "symlink", path);
                break;
            default:
                FileAt.Check(FileAt.TryMakeNode(destination, name, status.Kind, status.Mode, status.DeviceMajor, status.DeviceMinor), "mknod", path);
                break;
        }

        CopyXattrs(source, name, destination, name);
        FileAt.Check(FileAt.TryChangeOwner(destination, name, status.UserId, status.GroupId), "chown", path);
        if (status.Kind != FileKind.Symlink)
        {
            FileAt.Check(FileAt.TryChangeMode(destination, name, status.Mode), "chmod", path);
        }

        FileAt.Check(FileAt.TrySetTime(destination, name, status.ModifiedNanoseconds), "utimensat", path);
    }

    private static void Opened(int source, int destination, string name, OpenAtFlags sourceFlags, OpenAtFlags destinationFlags, Action<int, int> work)
    {
        var from = FileAt.Open(source, name, sourceFlags | OpenAtFlags.NoFollow);
        try
        {
            var to = FileAt.Open(destination, name, destinationFlags | OpenAtFlags.NoFollow, 0x180);
            try
            {
                work(from, to);
            }
            finally
            {
                FileAt.Close(to);
            }
        }
        finally
        {
            FileAt.Close(from);
        }
    }

    /// <summary>Overlayfs's own attributes stay behind.</summary>
    private static void CopyXattrs(int source, string name, int destination, string destinationName)
    {
        foreach (var attribute in Xattrs.List(source, name))
        {
            if (!attribute.StartsWith("trusted.overlay.", StringComparison.Ordinal) && Xattrs.Get(source, name, attribute) is { } value)
            {
                var result = Xattrs.TrySet(destination, destinationName, attribute, value);
                if (result is not (0 or -Errno.EOPNOTSUPP))
                {
                    FileAt.Check(result, "setxattr", $"{name} {attribute}");
                }
            }
        }
    }
}
