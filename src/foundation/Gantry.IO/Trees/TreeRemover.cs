using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>Removes whole trees by descriptor, never following a symlink out. Trees of any depth: very deep parts are first moved up.</summary>
public sealed class TreeRemover
{
    /// <summary>Levels of recursion, each holding a descriptor, before a subtree is moved to the top.</summary>
    private const int MaxDepth = 128;

    private readonly int _top;
    private int _moved;

    private TreeRemover(int top) => _top = top;

    /// <summary>Removes <paramref name="name"/> in <paramref name="directory"/>, file or tree. Missing: nothing to do.</summary>
    public static void Remove(int directory, string name, CancellationToken cancellationToken = default)
    {
        var error = FileAt.TryUnlink(directory, name);
        if (error is 0 or -Errno.ENOENT)
        {
            return;
        }

        if (error is not (-Errno.EISDIR or -Errno.EPERM))
        {
            throw new LinuxException("unlink", -error, name);
        }

        new TreeRemover(directory).RemoveDirectory(directory, name, 0, cancellationToken);
    }

    /// <inheritdoc cref="Remove(int, string, CancellationToken)"/>
    public static void Remove(string path, CancellationToken cancellationToken = default) => Remove(FileAt.CurrentDirectory, path, cancellationToken);

    private void RemoveDirectory(int parent, string name, int depth, CancellationToken cancellationToken)
    {
        if (depth > MaxDepth && MoveUp(parent, name) is { } moved)
        {
            RemoveDirectory(_top, moved, 0, cancellationToken);
            return;
        }

        var fd = FileAt.TryOpen(parent, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        if (fd == -Errno.ENOENT)
        {
            return;
        }

        FileAt.Check(fd, "open", name);
        try
        {
            Empty(fd, depth, cancellationToken);
        }
        finally
        {
            FileAt.Close(fd);
        }

        var error = FileAt.TryRemoveDirectory(parent, name);
        if (error is not (0 or -Errno.ENOENT))
        {
            throw new LinuxException("rmdir", -error, name);
        }
    }

    private void Empty(int fd, int depth, CancellationToken cancellationToken)
    {
        foreach (var entry in DirectoryEntries.Read(fd))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var error = entry.Kind == FileKind.Directory ? -Errno.EISDIR : FileAt.TryUnlink(fd, entry.Name);
            if (error is -Errno.EISDIR or -Errno.EPERM)
            {
                RemoveDirectory(fd, entry.Name, depth + 1, cancellationToken);
            }
            else if (error is not (0 or -Errno.ENOENT))
            {
                throw new LinuxException("unlink", -error, entry.Name);
            }
        }
    }

    private string? MoveUp(int parent, string name)
    {
        var moved = $".deep-{Environment.ProcessId}-{_top}-{_moved++}";
        return _top != FileAt.CurrentDirectory && FileAt.TryRename(parent, name, _top, moved, RenameFlags.NoReplace) == 0 ? moved : null;
    }
}
