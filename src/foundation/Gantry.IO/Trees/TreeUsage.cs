using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>How much is in a tree.</summary>
/// <param name="Bytes">Sizes of everything but directories, hard links once.</param>
/// <param name="DiskBytes">Blocks allocated, as du counts, directories included.</param>
public readonly record struct TreeUsage(long Bytes, long DiskBytes, long Inodes)
{
    /// <summary>Walks a tree without following links. Files that go away meanwhile don't count.</summary>
    /// <param name="root">Any kind of directory descriptor; stays the caller's.</param>
    public static TreeUsage Measure(int root, CancellationToken cancellationToken = default)
    {
        var seen = new HashSet<(ulong, ulong)>();
        return MeasureDirectory(root, ".", seen, cancellationToken);
    }

    private static TreeUsage MeasureDirectory(int parent, string name, HashSet<(ulong, ulong)> seen, CancellationToken cancellationToken)
    {
        var fd = FileAt.TryOpen(parent, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        if (fd < 0)
        {
            return default;
        }

        try
        {
            var total = new TreeUsage(0, FileAt.Stat(fd).Blocks * 512, 1);
            foreach (var entry in DirectoryEntries.Read(fd))
            {
                cancellationToken.ThrowIfCancellationRequested();
                total = total.Plus(MeasureEntry(fd, entry.Name, seen, cancellationToken));
            }

            return total;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private static TreeUsage MeasureEntry(int directory, string name, HashSet<(ulong, ulong)> seen, CancellationToken cancellationToken)
    {
        if (FileAt.TryStat(directory, name, out var status) != 0)
        {
            return default;
        }

        return status.IsDirectory ? MeasureDirectory(directory, name, seen, cancellationToken)
            : status.Links > 1 && !seen.Add((status.FileSystem, status.Inode)) ? default
            : new TreeUsage(status.Size, status.Blocks * 512, 1);
    }

    private TreeUsage Plus(TreeUsage other) => new(Bytes + other.Bytes, DiskBytes + other.DiskBytes, Inodes + other.Inodes);
}
