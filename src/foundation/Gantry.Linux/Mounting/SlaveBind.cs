namespace Gantry.Linux;

/// <summary>
/// A copy of a tree of mounts that hears of what is mounted and unmounted in the original, but not the other way round. A plain recursive bind is a
/// peer of its source: unmounting it takes away what is mounted below the source as well, for everybody.
/// </summary>
public static class SlaveBind
{
    /// <summary>Attaches the copy; the caller unmounts it.</summary>
    /// <param name="source">An open file or directory; only looked at during the call.</param>
    /// <param name="target">Where, open; a directory if the source is one.</param>
    /// <exception cref="LinuxException">open_tree, mount_setattr or move_mount failed; nothing is attached then.</exception>
    public static void Attach(int source, int target)
    {
        var mount = FileAt.Check(MountApi.TryClone(source, string.Empty, recursive: true), "open_tree", "bind");
        try
        {
            var result = MountApi.TrySetAttributes(mount, string.Empty, MountAttributes.None, propagation: MountFlags.Slave, recursive: true);
            if (result == -Errno.ENOSYS)
            {
                // Before kernel 5.12.
                Mounts.Mount(null, $"/proc/self/fd/{mount}", null, MountFlags.Slave | MountFlags.Recursive);
            }
            else
            {
                FileAt.Check(result, "mount_setattr", "bind");
            }

            FileAt.Check(MountApi.TryAttach(mount, target), "move_mount", "bind");
        }
        finally
        {
            FileAt.Close(mount);
        }
    }
}
