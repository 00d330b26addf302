using Gantry.Build.Files;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Snapshots;

namespace Gantry.Build.Copying;

/// <summary>
/// Writes files straight into a new layer's directory, which lies over a read-only view of the layers below. What is written hides what
/// is below as overlayfs shows it, so nothing has to be mounted; only links on the way to a destination and the attributes of existing
/// directories come from below. Paths are canonical unless a method resolves them.
/// </summary>
internal sealed class LayerWriter : IDisposable
{
    private const int NewDirectoryMode = 0x1ed;
    private readonly int _upper;
    private readonly int _lower;
    private readonly LayerView _view;

    /// <param name="upperDirectory">Empty, or with what was written before.</param>
    /// <param name="view">The layers below; disposed with this.</param>
    public LayerWriter(string upperDirectory, LayerView view)
    {
        _view = view;
        _lower = (int)view.Root.DangerousGetHandle();
        _upper = FileAt.OpenDirectory(upperDirectory);
        Below = new DirectoryTree(view.Root, view, ids: view.Ids);
    }

    /// <summary>The layers below as a tree.</summary>
    public DirectoryTree Below { get; }

    /// <summary>The canonical path a destination means, links followed inside the root.</summary>
    public string Resolve(string path, bool followLast = true) => RootedPath.Resolve(path, ReadLink, followLast);

    public bool IsDirectory(string path) => Status(path) is { IsDirectory: true };

    public FileStatus? Status(string path) =>
        FileAt.TryStat(_upper, path, out var status) == 0 || FileAt.TryStat(_lower, path, out status) == 0 ? status : null;

    /// <summary>Makes a directory and those above it that are missing, for <paramref name="owner"/>; existing ones stay as they are.</summary>
    /// <param name="mode">Of those that are made; null for 0755.</param>
    /// <exception cref="GantryException">InvalidArgument: something on the way is not a directory.</exception>
    public void MakeDirectories(string path, CopyOwner owner, int? mode = null)
    {
        for (var end = path.IndexOf('/'); path.Length > 0; end = path.IndexOf('/', end + 1))
        {
            MakeImplied(end < 0 ? path : path[..end], owner, mode ?? NewDirectoryMode);
            if (end < 0)
            {
                return;
            }
        }
    }

    /// <summary>Puts a directory with these attributes; one that is there keeps its contents.</summary>
    public void PutDirectory(string path, int mode, CopyOwner owner)
    {
        if (FileAt.TryMakeDirectory(_upper, path, NewDirectoryMode) is var result and < 0)
        {
            if (result != -Errno.EEXIST)
            {
                throw new LinuxException("mkdir", -result, "/" + path);
            }

            if (!FileAt.Stat(_upper, path).IsDirectory)
            {
                Remove(path);
                FileAt.Check(FileAt.TryMakeDirectory(_upper, path, NewDirectoryMode), "mkdir", path);
            }
        }

        SetOwnerAndMode(path, mode, owner);
    }

    /// <summary>Puts a file; <paramref name="write"/> gets its open descriptor.</summary>
    public void PutFile(string path, int mode, CopyOwner owner, long modified, Action<int> write)
    {
        var fd = CreateFile(path);
        try
        {
            write(fd);
            SetAttributes(fd, path, mode, owner, modified);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    /// <summary>Attributes of an open file, after its content.</summary>
    public void SetAttributes(int descriptor, string path, int mode, CopyOwner owner, long modified)
    {
        var (user, group) = OnHost(owner);
        FileAt.Check(FileAt.TryChangeOwner(descriptor, user, group), "fchown", path);
        FileAt.Check(FileAt.TryChangeMode(descriptor, mode), "fchmod", path);
        FileAt.Check(FileAt.TrySetTime(descriptor, modified), "utimensat", path);
    }

    /// <summary>Puts an empty file and opens it for writing; the caller writes, sets the attributes and closes.</summary>
    public int CreateFile(string path)
    {
        const OpenAtFlags Flags = OpenAtFlags.WriteOnly | OpenAtFlags.Create | OpenAtFlags.Exclusive | OpenAtFlags.NoFollow;
        var fd = FileAt.TryOpen(_upper, path, Flags, 0x180);
        if (fd == -Errno.EEXIST)
        {
            Remove(path);
            fd = FileAt.TryOpen(_upper, path, Flags, 0x180);
        }

        return FileAt.Check(fd, "open", "/" + path);
    }

    public void PutSymlink(string path, string target, CopyOwner owner, long modified)
    {
        Replace(path, () => FileAt.TryMakeSymlink(target, _upper, path), "symlink");
        var (user, group) = OnHost(owner);
        FileAt.Check(FileAt.TryChangeOwner(_upper, path, user, group), "lchown", path);
        SetTime(path, modified);
    }

    public void PutNode(string path, FileKind kind, int mode, CopyOwner owner, long modified, uint major, uint minor)
    {
        Replace(path, () => FileAt.TryMakeNode(_upper, path, kind, mode, major, minor), "mknod");
        SetOwnerAndMode(path, mode, owner);
        SetTime(path, modified);
    }

    /// <summary>Puts another name for a file that was put before. False when it wasn't.</summary>
    public bool TryPutHardlink(string path, string existing)
    {
        if (path == existing || FileAt.TryStat(_upper, existing, out var status) < 0 || status.IsDirectory)
        {
            return path == existing;
        }

        Replace(path, () => FileAt.TryLink(_upper, existing, _upper, path), "link");
        return true;
    }

    public void SetTime(string path, long modified) => FileAt.Check(FileAt.TrySetTime(_upper, path, modified), "utimensat", path);

    public void SetXattrs(string path, IEnumerable<KeyValuePair<string, byte[]>> attributes)
    {
        foreach (var (name, value) in attributes)
        {
            if (Xattrs.TrySet(_upper, path, name, value) is var result and < 0 && result is not -Errno.EOPNOTSUPP)
            {
                throw new LinuxException("setxattr", -result, "/" + path);
            }
        }
    }

    public void Dispose()
    {
        FileAt.Close(_upper);
        _view.Dispose();
    }

    private void MakeImplied(string path, CopyOwner owner, int mode)
    {
        if (FileAt.TryStat(_upper, path, out var status) == 0)
        {
            RequireDirectory(path, status);
            return;
        }

        var below = FileAt.TryStat(_lower, path, out status) == 0;
        if (below)
        {
            RequireDirectory(path, status);
        }

        FileAt.Check(FileAt.TryMakeDirectory(_upper, path, NewDirectoryMode), "mkdir", "/" + path);
        SetOwnerAndMode(path, below ? status.Mode : mode, below ? InContainer(status) : owner);
        if (below)
        {
            SetXattrs(path, Below.Xattrs(new SourceFile { Path = path, Kind = FileKind.Directory }));
        }
    }

    private static void RequireDirectory(string path, FileStatus status)
    {
        if (!status.IsDirectory)
        {
            throw GantryException.InvalidArgument($"mkdir /{path}: not a directory");
        }
    }

    private void Replace(string path, Func<int> make, string call)
    {
        var result = make();
        if (result == -Errno.EEXIST)
        {
            Remove(path);
            result = make();
        }

        FileAt.Check(result, call, "/" + path);
    }

    private void Remove(string path)
    {
        if (FileAt.TryUnlink(_upper, path) is -Errno.EISDIR or -Errno.EPERM)
        {
            foreach (var entry in DirectoryEntries.Read(_upper, path))
            {
                Remove(RootedPath.Join(path, entry.Name));
            }

            FileAt.Check(FileAt.TryRemoveDirectory(_upper, path), "rmdir", path);
        }
    }

    /// <summary>Owner first: changing it takes setuid and setgid away.</summary>
    private void SetOwnerAndMode(string path, int mode, CopyOwner owner)
    {
        var (user, group) = OnHost(owner);
        FileAt.Check(FileAt.TryChangeOwner(_upper, path, user, group), "chown", path);
        FileAt.Check(FileAt.TryChangeMode(_upper, path, mode), "chmod", path);
    }

    private (uint UserId, uint GroupId) OnHost(CopyOwner owner) => _view.Ids?.ToHost(owner.UserId, owner.GroupId) ?? (owner.UserId, owner.GroupId);

    private CopyOwner InContainer(FileStatus status)
    {
        var (user, group) = _view.Ids?.ToContainer(status.UserId, status.GroupId) ?? (status.UserId, status.GroupId);
        return new CopyOwner(user, group);
    }

    private string? ReadLink(string path) =>
        FileAt.TryReadLink(_upper, path, out var target) is var upper && upper == 0 ? target
        : upper == -Errno.ENOENT && FileAt.TryReadLink(_lower, path, out target) == 0 ? target
        : null;
}

/// <summary>Owner and group of what a copy makes.</summary>
internal readonly record struct CopyOwner(uint UserId, uint GroupId);
