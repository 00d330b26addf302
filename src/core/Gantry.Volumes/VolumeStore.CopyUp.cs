using Gantry.Errors;
using Gantry.IO.Trees;
using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Volumes;

/// <summary>A new volume begins with what the image has at its place.</summary>
public sealed partial class VolumeStore
{
    /// <summary>
    /// Copies <paramref name="path"/> of a container's root file system into the volume, or the directory <paramref name="subpath"/> in it, when that is
    /// empty: contents, owners, modes, xattrs, and the directory's own owner and mode. Links are resolved inside <paramref name="rootfs"/>. False when
    /// there was nothing to do.
    /// </summary>
    /// <exception cref="LinuxException">The copy fails (no space, for instance).</exception>
    /// <exception cref="GantryException">InvalidArgument in Docker's words: the directory in the volume leads out of it.</exception>
    public bool CopyUp(string name, string subpath, SafeFileHandle rootfs, string path, CancellationToken cancellationToken = default)
    {
        var source = FileAt.TryOpenRooted(
            rootfs.DangerousGetHandle().ToInt32(), path.TrimStart('/'), OpenAtFlags.Directory, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
        if (source < 0)
        {
            // Not in the image, or not a directory: the mount shows an empty volume, as Docker's does.
            return false;
        }

        try
        {
            // Only now: to mount a plugin's volume may be dear.
            var copied = false;
            WhileMounted(name, mountpoint => copied = CopyInto(mountpoint, subpath, source, cancellationToken));
            return copied;
        }
        finally
        {
            FileAt.Close(source);
        }
    }

    private static bool CopyInto(string mountpoint, string subpath, int source, CancellationToken cancellationToken)
    {
        var target = -1;
        try
        {
            target = OpenTarget(mountpoint, subpath);
            if (target < 0 || DirectoryEntries.Read(target, ".").Count > 0)
            {
                return false;
            }

            TreeCopier.CopyContents(source, target, cancellationToken);
            TreeCopier.CopyAttributes(source, target);
            return true;
        }
        finally
        {
            if (target >= 0)
            {
                FileAt.Close(target);
            }
        }
    }

    /// <summary>Negative where the volume has no such directory; the container's start says so.</summary>
    private static int OpenTarget(string mountpoint, string subpath)
    {
        var root = FileAt.OpenDirectory(mountpoint);
        if (subpath.Length == 0)
        {
            return root;
        }

        try
        {
            var found = FileAt.TryOpenRooted(root, subpath, OpenAtFlags.Directory, ResolveFlags.Beneath | ResolveFlags.NoMagicLinks);
            return found is not (-Errno.EXDEV or -Errno.ELOOP) ? found : throw GantryException.InvalidArgument(
                $"failed to populate volume: path concatenation escapes the base directory, base: {mountpoint}, subpath: {subpath}");
        }
        finally
        {
            FileAt.Close(root);
        }
    }
}
