using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>
/// Compares an upper directory with the file system below it. Only what is in the upper directory is looked at, so the cost follows the
/// number of changes, not the size of the image.
/// </summary>
internal sealed class ChangeDetector
{
    private const string OpaqueAttribute = "trusted.overlay.opaque";
    private readonly List<FileChange> _changes = [];
    private readonly CancellationToken _cancellation;

    private ChangeDetector(CancellationToken cancellationToken) => _cancellation = cancellationToken;

    internal static IReadOnlyList<FileChange> Detect(string upper, LayerView lower, CancellationToken cancellationToken)
    {
        var detector = new ChangeDetector(cancellationToken);
        var upperFd = FileAt.OpenDirectory(upper);
        var lowerFd = FileAt.Open(lower.Descriptor, ".", OpenAtFlags.Directory);
        try
        {
            detector.CompareChildren(upperFd, lowerFd, string.Empty, isOpaque: false);
        }
        finally
        {
            FileAt.Close(upperFd);
            FileAt.Close(lowerFd);
        }

        return detector._changes;
    }

    /// <param name="lower">The directory of the same path below; -1 when there is none.</param>
    private void CompareChildren(int upper, int lower, string path, bool isOpaque)
    {
        var names = DirectoryEntries.Read(upper).Select(e => e.Name).ToList();
        if (isOpaque && lower >= 0)
        {
            names.AddRange(DirectoryEntries.Read(lower).Select(e => e.Name).Except(names, StringComparer.Ordinal));
        }

        names.Sort(StringComparer.Ordinal);
        foreach (var name in names)
        {
            _cancellation.ThrowIfCancellationRequested();
            Compare(upper, lower, name, TreePath.Join(path, name));
        }
    }

    private void Compare(int upperParent, int lowerParent, string name, string path)
    {
        var isBelow = Stat(lowerParent, name, out var below);
        if (!Stat(upperParent, name, out var above) || above.IsWhiteout)
        {
            if (isBelow)
            {
                Add(path, FileChangeKind.Deleted);
            }

            return;
        }

        // A changed directory comes before what changed in it, and an unchanged one is listed as changed if anything in it is.
        var position = _changes.Count;
        if (above.IsDirectory)
        {
            CompareDirectory(upperParent, isBelow && below.IsDirectory ? lowerParent : -1, name, path);
        }

        if (!isBelow)
        {
            _changes.Insert(position, new FileChange("/" + path, FileChangeKind.Added));
        }
        else if (_changes.Count > position || IsDifferent(upperParent, above, lowerParent, below, name))
        {
            _changes.Insert(position, new FileChange("/" + path, FileChangeKind.Modified));
        }
    }

    private void CompareDirectory(int upperParent, int lowerParent, string name, string path)
    {
        var upper = FileAt.Open(upperParent, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        var lower = lowerParent < 0 ? -1 : FileAt.TryOpen(lowerParent, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        try
        {
            CompareChildren(upper, lower, path, Xattrs.Get(upperParent, name, OpaqueAttribute) is [(byte)'y']);
        }
        finally
        {
            FileAt.Close(upper);
            FileAt.Close(lower);
        }
    }

    private void Add(string path, FileChangeKind kind) => _changes.Add(new FileChange("/" + path, kind));

    /// <summary>Docker's rule: kind, mode, owner, device, capabilities, and for anything but a directory size and time.</summary>
    private static bool IsDifferent(int upperParent, FileStatus above, int lowerParent, FileStatus below, string name)
    {
        if ((above.Kind, above.Mode, above.UserId, above.GroupId, above.DeviceMajor, above.DeviceMinor)
            != (below.Kind, below.Mode, below.UserId, below.GroupId, below.DeviceMajor, below.DeviceMinor))
        {
            return true;
        }

        return (!above.IsDirectory && (above.Size, above.ModifiedNanoseconds) != (below.Size, below.ModifiedNanoseconds))
            || !Capability(upperParent, name).AsSpan().SequenceEqual(Capability(lowerParent, name));
    }

    private static byte[]? Capability(int directory, string name) => Xattrs.Get(directory, name, "security.capability");

    private static bool Stat(int directory, string name, out FileStatus status)
    {
        status = default;
        return directory >= 0 && FileAt.TryStat(directory, name, out status) == 0;
    }
}
