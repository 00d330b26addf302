using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>
/// Copies files with owner, mode, times, extended attributes, hard links, holes and device nodes, by descriptor and without following
/// links. File contents are shared where the file system can.
/// </summary>
public sealed class TreeCopier
{
    private const ResolveFlags Plain = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks;

    /// <summary>Where the copy of a file with more names is, below the destination's root.</summary>
    private readonly Dictionary<(ulong FileSystem, ulong Inode), string> _linked = [];
    private readonly int _root;
    private readonly CancellationToken _cancellation;

    private TreeCopier(int root, CancellationToken cancellationToken)
    {
        _root = root;
        _cancellation = cancellationToken;
    }

    /// <summary>Copies what is in one directory into another, existing one. Descriptors are opened for reading and stay the caller's.</summary>
    public static void CopyContents(int source, int destination, CancellationToken cancellationToken = default) =>
        new TreeCopier(destination, cancellationToken).CopyChildren(source, destination, string.Empty);

    /// <summary>Copies one file or tree under a name that is free.</summary>
    public static void CopyNode(int sourceDirectory, string sourceName, int directory, string name, CancellationToken cancellationToken = default) =>
        new TreeCopier(directory, cancellationToken).Copy(sourceDirectory, sourceName, directory, name, name);

    /// <summary>Gives a directory the owner, mode, attributes and time of another. Both opened for reading.</summary>
    public static void CopyAttributes(int source, int destination)
    {
        var status = FileAt.Stat(source);
        FileAt.Check(FileAt.TryChangeOwner(destination, status.UserId, status.GroupId), "fchown");
        CopyXattrs(source, string.Empty, destination, string.Empty);
        FileAt.Check(FileAt.TryChangeMode(destination, status.Mode), "fchmod");
        FileAt.Check(FileAt.TrySetTime(destination, status.ModifiedNanoseconds), "futimens");
    }

    private void CopyChildren(int source, int destination, string path)
    {
        var fd = FileAt.Open(source, ".", OpenAtFlags.Directory);
        try
        {
            foreach (var entry in DirectoryEntries.Read(fd))
            {
                Copy(fd, entry.Name, destination, entry.Name, TreePath.Join(path, entry.Name));
            }
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private void Copy(int sourceDirectory, string sourceName, int directory, string name, string path)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (FileAt.TryStat(sourceDirectory, sourceName, out var status) != 0)
        {
            return; // gone meanwhile
        }

        if (status is { IsDirectory: false, Links: > 1 } && LinkAgain(status, directory, name))
        {
            return;
        }

        switch (status.Kind)
        {
            case FileKind.Directory:
                CopyDirectory(sourceDirectory, sourceName, directory, name, path);
                break;
            case FileKind.File:
                CopyFile(sourceDirectory, sourceName, directory, name, status);
                break;
            case FileKind.Symlink:
                FileAt.Check(FileAt.TryReadLink(sourceDirectory, sourceName, out var target), "readlink", sourceName);
                FileAt.Check(FileAt.TryMakeSymlink(target, directory, name), "symlink", name);
                CopyNodeAttributes(sourceDirectory, sourceName, directory, name, status);
                break;
            case FileKind.Socket:
                break; // means nothing without its process
            default:
                FileAt.Check(FileAt.TryMakeNode(directory, name, status.Kind, 0x180, status.DeviceMajor, status.DeviceMinor), "mknod", name);
                CopyNodeAttributes(sourceDirectory, sourceName, directory, name, status);
                FileAt.Check(FileAt.TryChangeModeNoFollow(directory, name, status.Mode), "fchmodat", name);
                break;
        }

        if (status is { IsDirectory: false, Links: > 1 } && status.Kind != FileKind.Socket)
        {
            _linked[(status.FileSystem, status.Inode)] = path;
        }
    }

    private void CopyDirectory(int sourceDirectory, string sourceName, int directory, string name, string path)
    {
        var source = FileAt.Open(sourceDirectory, sourceName, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        try
        {
            FileAt.Check(FileAt.TryMakeDirectory(directory, name, 0x1C0), "mkdir", name);
            var copy = FileAt.Open(directory, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
            try
            {
                CopyChildren(source, copy, path);
                CopyAttributes(source, copy);
            }
            finally
            {
                FileAt.Close(copy);
            }
        }
        finally
        {
            FileAt.Close(source);
        }
    }

    private static void CopyFile(int sourceDirectory, string sourceName, int directory, string name, FileStatus status)
    {
        var source = FileAt.Open(sourceDirectory, sourceName, OpenAtFlags.NoFollow | OpenAtFlags.NonBlocking);
        try
        {
            var copy = FileAt.Open(directory, name, OpenAtFlags.WriteOnly | OpenAtFlags.Create | OpenAtFlags.Exclusive | OpenAtFlags.NoFollow, 0x180);
            try
            {
                FileData.CopyFile(source, copy, status.Size);
                FileAt.Check(FileAt.TryChangeOwner(copy, status.UserId, status.GroupId), "fchown", name);
                CopyXattrs(sourceDirectory, sourceName, directory, name);
                FileAt.Check(FileAt.TryChangeMode(copy, status.Mode), "fchmod", name);
                FileAt.Check(FileAt.TrySetTime(copy, status.ModifiedNanoseconds), "futimens", name);
            }
            finally
            {
                FileAt.Close(copy);
            }
        }
        finally
        {
            FileAt.Close(source);
        }
    }

    private static void CopyNodeAttributes(int sourceDirectory, string sourceName, int directory, string name, FileStatus status)
    {
        FileAt.Check(FileAt.TryChangeOwner(directory, name, status.UserId, status.GroupId), "fchownat", name);
        CopyXattrs(sourceDirectory, sourceName, directory, name);
        FileAt.Check(FileAt.TrySetTime(directory, name, status.ModifiedNanoseconds), "utimensat", name);
    }

    private static void CopyXattrs(int sourceDirectory, string sourceName, int directory, string name)
    {
        foreach (var attribute in Xattrs.List(sourceDirectory, sourceName))
        {
            if (!attribute.StartsWith("trusted.overlay.", StringComparison.Ordinal) && Xattrs.Get(sourceDirectory, sourceName, attribute) is { } value
                && Xattrs.TrySet(directory, name, attribute, value) is var error and < 0 && error is not (-Errno.EOPNOTSUPP or -Errno.EPERM))
            {
                throw new LinuxException("setxattr", -error, name);
            }
        }
    }

    private bool LinkAgain(FileStatus status, int directory, string name)
    {
        if (!_linked.TryGetValue((status.FileSystem, status.Inode), out var first))
        {
            return false;
        }

        var (parent, firstName) = TreePath.Split(first);
        var fd = FileAt.Check(FileAt.TryOpenRooted(_root, parent, OpenAtFlags.Path | OpenAtFlags.Directory, Plain), "openat2", parent);
        try
        {
            FileAt.Check(FileAt.TryLink(fd, firstName, directory, name), "link", name);
            return true;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }
}
