using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>
/// The directories that something is mounted on. crun makes those that are missing with mode 01755, which stays in what is committed and in what a
/// volume takes over from the image; Docker's are 0755, so they are made before.
/// </summary>
internal static class MountTargets
{
    private const int Mode = 0x1ed;

    /// <summary>Links are followed inside the root file system; what can't be made is the runtime's to tell.</summary>
    /// <param name="rootfs">The mounted root file system.</param>
    /// <param name="mounts">In the order in which they are made.</param>
    internal static void Make(string rootfs, IReadOnlyList<RuntimeMount> mounts, IdMaps? ids)
    {
        var root = FileAt.TryOpen(FileAt.CurrentDirectory, rootfs, OpenAtFlags.Path | OpenAtFlags.Directory);
        if (root < 0)
        {
            return;
        }

        try
        {
            for (var i = 0; i < mounts.Count; i++)
            {
                var target = mounts[i].Destination;
                if (IsDirectory(mounts[i]) && !mounts.Take(i).Any(m => target.StartsWith(m.Destination.TrimEnd('/') + "/", StringComparison.Ordinal)))
                {
                    Make(root, target.Trim('/'), ids);
                }
            }
        }
        finally
        {
            FileAt.Close(root);
        }
    }

    private static bool IsDirectory(RuntimeMount mount) => mount.Type is not (null or "" or "bind") || Directory.Exists(mount.Source);

    private static void Make(int root, string path, IdMaps? ids)
    {
        if (path.Length == 0 || Exists(root, path))
        {
            return;
        }

        var slash = path.LastIndexOf('/');
        var parent = slash < 0 ? string.Empty : path[..slash];
        Make(root, parent, ids);
        var directory = Open(root, parent);
        if (directory < 0)
        {
            return;
        }

        var name = path[(slash + 1)..];
        if (FileAt.TryMakeDirectory(directory, name, Mode) == 0)
        {
            // Whatever the engine's own umask.
            _ = FileAt.TryChangeMode(directory, name, Mode);
            if (ids?.Root is var (user, group))
            {
                _ = FileAt.TryChangeOwner(directory, name, user, group);
            }
        }

        FileAt.Close(directory);
    }

    private static bool Exists(int root, string path)
    {
        var found = FileAt.TryOpenRooted(root, path, OpenAtFlags.Path, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
        if (found >= 0)
        {
            FileAt.Close(found);
        }

        return found >= 0;
    }

    private static int Open(int root, string path) => FileAt.TryOpenRooted(
        root, path.Length == 0 ? "." : path, OpenAtFlags.Path | OpenAtFlags.Directory, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
}
