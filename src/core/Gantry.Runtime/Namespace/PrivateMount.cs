using Gantry.Linux;

namespace Gantry.Runtime;

/// <summary>
/// Makes a directory a mount of its own whose mount events stay in this namespace, without cutting the mount it lies on off from the host: new
/// mounts elsewhere (an rshared bind's, say) must still reach the host. A mount onto a shared mount would itself be copied to the host, so the
/// mount below is taken out of its peer group for a moment and put back with move_mount(MOVE_MOUNT_SET_GROUP).
/// </summary>
internal sealed class PrivateMount
{
    private readonly string _path;
    private readonly MountInfo _below;
    private readonly int _peer;

    private PrivateMount(string path, MountInfo below, int peer)
    {
        _path = path;
        _below = below;
        _peer = peer;
    }

    /// <summary>Before the namespace is made: remembers the host's mount, to rejoin its group.</summary>
    public static PrivateMount Plan(string path, IEnumerable<string> mountinfo)
    {
        var below = MountInfo.Of(path, mountinfo);
        var peer = below.IsShared && below.MountPoint != path ? RawFiles.Open(below.MountPoint, OpenFlags.PathOnly) : -1;
        return new PrivateMount(path, below, peer);
    }

    /// <summary>In the new namespace.</summary>
    public void Apply()
    {
        if (_below.MountPoint == _path)
        {
            Mounts.Mount(null, _path, null, MountFlags.Private);
            return;
        }

        if (_peer >= 0)
        {
            Mounts.Mount(null, _below.MountPoint, null, MountFlags.Private);
        }

        Mounts.Mount(_path, _path, null, MountFlags.Bind | MountFlags.Recursive);
        Mounts.Mount(null, _path, null, MountFlags.Private);
        if (_peer >= 0)
        {
            Rejoin();
            RawFiles.Close(_peer);
        }
    }

    private void Rejoin()
    {
        var mount = RawFiles.Open(_below.MountPoint, OpenFlags.PathOnly);
        var error = MountPropagation.TryJoin(_peer, mount);
        RawFiles.Close(mount);
        if (error == Errno.EINVAL)
        {
            // Before kernel 5.15. As a shared mount of its own it still has what the host had; mounts made later don't cross over.
            Mounts.Mount(null, _below.MountPoint, null, MountFlags.Shared);
        }
        else if (error != 0)
        {
            throw new LinuxException("move_mount", error, _below.MountPoint);
        }
    }
}
