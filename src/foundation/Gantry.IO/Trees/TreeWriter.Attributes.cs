using Gantry.IO.Tar;
using Gantry.Linux;

namespace Gantry.IO.Trees;

public sealed partial class TreeWriter
{
    /// <summary>Owner first: changing it clears setuid bits and capabilities.</summary>
    private void SetAttributes(int fd, TarEntry entry, string path)
    {
        var (user, group) = OwnerOf(entry);
        FileAt.Check(FileAt.TryChangeOwner(fd, user, group), "fchown", path);
        foreach (var (name, value) in entry.Xattrs ?? [])
        {
            if (IsAccepted(name))
            {
                CheckXattr(Xattrs.TrySet(fd, name, value), path);
            }
        }

        FileAt.Check(FileAt.TryChangeMode(fd, entry.Mode), "fchmod", path);
    }

    private void SetOwner(Place place, TarEntry entry)
    {
        var (user, group) = OwnerOf(entry);
        FileAt.Check(FileAt.TryChangeOwner(place.Directory, place.Name, user, group), "fchownat", place.Path);
    }

    private (uint UserId, uint GroupId) OwnerOf(TarEntry entry)
    {
        var (user, group) = _options.Owner ?? (entry.UserId, entry.GroupId);
        return _options.Ids?.ToHost(user, group) ?? (user, group);
    }

    private static void SetXattrs(Place place, TarEntry entry)
    {
        foreach (var (name, value) in entry.Xattrs ?? [])
        {
            if (IsAccepted(name))
            {
                CheckXattr(Xattrs.TrySet(place.Directory, place.Name, name, value), place.Path);
            }
        }
    }

    /// <summary>overlayfs keeps its own state in these; an archive that could set them could make directories point elsewhere.</summary>
    private static bool IsAccepted(string name) =>
        !name.StartsWith("trusted.overlay.", StringComparison.Ordinal) && !name.StartsWith("user.overlay.", StringComparison.Ordinal);

    /// <summary>A file system without this kind of attribute is no reason to fail (nor is it for Docker): the file is right but for that.</summary>
    private static void CheckXattr(int result, string path)
    {
        if (result is not (-Errno.EOPNOTSUPP or -Errno.EPERM))
        {
            FileAt.Check(result, "setxattr", path);
        }
    }

    /// <summary>True when a relative link's text climbs above the root.</summary>
    private static bool LeavesRoot(string directory, string target)
    {
        if (target.StartsWith('/'))
        {
            return false;
        }

        var depth = directory.Length == 0 ? 0 : directory.AsSpan().Count('/') + 1;
        foreach (var part in target.Split('/'))
        {
            depth += part switch
            {
                "" or "." => 0,
                ".." => -1,
                _ => 1,
            };
            if (depth < 0)
            {
                return true;
            }
        }

        return false;
    }
}
