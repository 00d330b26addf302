using Gantry.IO.Trees;
using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Volumes;

/// <summary>A new volume begins with what the image has at its place.</summary>
public sealed partial class VolumeStore
{
    /// <summary>
    /// Copies <paramref name="path"/> of a container's root file system into the volume when that is empty: contents, owners, modes, xattrs,
    /// and the directory's own owner and mode. Links are resolved inside <paramref name="rootfs"/>. False when there was nothing to do.
    /// </summary>
    /// <exception cref="LinuxException">The copy fails (no space, for instance).</exception>
    public bool CopyUp(string name, SafeFileHandle rootfs, string path, CancellationToken cancellationToken = default)
    {
        var copied = false;
        WhileMounted(name, mountpoint => copied = CopyInto(mountpoint, rootfs, path, cancellationToken));
        return copied;
    }

    private static bool CopyInto(string mountpoint, SafeFileHandle rootfs, string path, CancellationToken cancellationToken)
    {
        var target = FileAt.OpenDirectory(mountpoint);
        try
        {
            if (DirectoryEntries.Read(target, ".").Count > 0)
            {
                return false;
            }

            var source = FileAt.TryOpenRooted(
                rootfs.DangerousGetHandle().ToInt32(), path.TrimStart('/'), OpenAtFlags.Directory, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
            if (source < 0)
            {
                // Not in the image, or not a directory: the mount shows an empty volume, as Docker's does.
                return false;
            }

            try
            {
                TreeCopier.CopyContents(source, target, cancellationToken);
                TreeCopier.CopyAttributes(source, target);
            }
            finally
            {
                FileAt.Close(source);
            }

            return true;
        }
        finally
        {
            FileAt.Close(target);
        }
    }
}
