using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>
/// Makes files below a root directory from archive entries that nobody vouches for. Every path is walked from the root's descriptor by the
/// kernel with openat2, symlinks of the tree itself resolve inside it, and the last component is never followed, so nothing outside can be
/// read or changed, whatever else happens in the tree at the same time.
/// </summary>
public sealed partial class TreeWriter : IDisposable
{
    private const int MaxLinks = 40;
    private const ResolveFlags Plain = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks;
    private const ResolveFlags Following = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;

    private readonly int _root;
    private readonly TreeWriterOptions _options;
    private readonly DirectoryCache _cache = new();
    private readonly List<(string Path, long Time)> _directoryTimes = [];
    private bool _staleCache;
    private long _entries;

    /// <param name="root">Descriptor of the root directory; stays the caller's.</param>
    public TreeWriter(int root, TreeWriterOptions options)
    {
        _root = root;
        _options = options;
    }

    /// <summary>Bytes of all regular files and links' texts, as their sizes say: what Docker calls a layer's size.</summary>
    public long FileBytes { get; private set; }

    /// <summary>
    /// Opens the directory at a normalised path, making missing parts. The descriptor stays the writer's and is good until its next call.
    /// </summary>
    /// <returns>The descriptor and the path with the tree's own symlinks resolved.</returns>
    public (int Descriptor, string Physical) OpenDirectory(string path)
    {
        var directory = Locate(path, create: true)!;
        return (directory.Descriptor, directory.Physical);
    }

    /// <summary>The same without making anything: null when there is no such directory.</summary>
    public (int Descriptor, string Physical)? FindDirectory(string path) =>
        Locate(path, create: false) is { } directory ? (directory.Descriptor, directory.Physical) : null;

    /// <summary>Sets the directories' times, which making files in them has changed. Call once at the end.</summary>
    public void Finish()
    {
        _cache.Clear();
        for (var i = _directoryTimes.Count - 1; i >= 0; i--)
        {
            var (path, time) = _directoryTimes[i];
            var fd = FileAt.TryOpenRooted(_root, path, OpenAtFlags.Directory, Plain);
            if (fd >= 0)
            {
                FileAt.Check(FileAt.TrySetTime(fd, time), "futimens", path);
                FileAt.Close(fd);
            }
        }
    }

    public void Dispose() => _cache.Dispose();

    private OpenDirectory? Locate(string path, bool create)
    {
        if (_staleCache)
        {
            _staleCache = false;
            _cache.Clear();
        }

        if (_cache.Find(path) is { } cached)
        {
            return cached;
        }

        var fd = FileAt.TryOpenRooted(_root, path, OpenAtFlags.Path | OpenAtFlags.Directory, Plain);
        if (fd >= 0)
        {
            return _cache.Add(new OpenDirectory(path, path, fd));
        }

        return fd is -Errno.ENOENT or -Errno.ELOOP or -Errno.ENOTDIR
            ? Walk(path, create)
            : throw new LinuxException("openat2", -fd, TreePath.Printable(path));
    }

    /// <summary>Goes a component at a time, through symlinks inside the root, making what is missing.</summary>
    private OpenDirectory? Walk(string path, bool create)
    {
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var current = string.Empty;
        for (var links = 0; rest.TryPop(out var name);)
        {
            var next = TreePath.Join(current, name);
            switch (Step(current, name, create, out var target))
            {
                case StepResult.Directory:
                    current = next;
                    break;
                case StepResult.Missing:
                    return null;
                case StepResult.Link when ++links <= MaxLinks:
                    current = PushTarget(rest, current, target);
                    break;
                default:
                    throw GantryException.DataCorrupt($"mkdir /{TreePath.Printable(next)}: not a directory");
            }
        }

        var fd = FileAt.Check(FileAt.TryOpenRooted(_root, current, OpenAtFlags.Path | OpenAtFlags.Directory, Plain), "openat2", TreePath.Printable(current));
        return _cache.Add(new OpenDirectory(path, current, fd));
    }

    private StepResult Step(string current, string name, bool create, out string target)
    {
        target = string.Empty;
        var fd = FileAt.Check(FileAt.TryOpenRooted(_root, current, OpenAtFlags.Path | OpenAtFlags.Directory, Plain), "openat2", TreePath.Printable(current));
        try
        {
            var error = FileAt.TryStat(fd, name, out var status);
            if (error == -Errno.ENOENT || (error == 0 && status.IsWhiteout))
            {
                return create ? MakeImplied(fd, current, name, status) : StepResult.Missing;
            }

            FileAt.Check(error, "statx", TreePath.Printable(name));
            return status.IsDirectory ? StepResult.Directory
                : status.Kind == FileKind.Symlink && FileAt.TryReadLink(fd, name, out target) == 0 ? StepResult.Link
                : StepResult.Other;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private StepResult MakeImplied(int fd, string current, string name, FileStatus status)
    {
        var path = TreePath.Join(current, name);
        if (status.IsWhiteout)
        {
            MakeRoom(fd, name, path, status);
        }

        FileAt.Check(FileAt.TryMakeDirectory(fd, name, 0x1ED), "mkdir", TreePath.Printable(path));
        if (_options.Ids is { Root: var (user, group) })
        {
            FileAt.Check(FileAt.TryChangeOwner(fd, name, user, group), "fchownat", TreePath.Printable(path));
        }

        _options.Implied?.Invoke(path);
        return StepResult.Directory;
    }

    /// <summary>Puts a link's text before the rest of the path; returns the directory it counts from, never above the root.</summary>
    private static string PushTarget(Stack<string> rest, string current, string target)
    {
        var parts = new List<string>(target.StartsWith('/') ? [] : current.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in target.Split('/').Where(p => p is not ("" or ".")))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        foreach (var part in Enumerable.Reverse(parts))
        {
            rest.Push(part);
        }

        return string.Empty;
    }

    private enum StepResult
    {
        Directory,
        Link,
        Missing,
        Other,
    }
}
