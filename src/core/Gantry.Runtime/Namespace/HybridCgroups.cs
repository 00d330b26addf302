using Gantry.Linux;
using Gantry.Linux.Cgroups;

namespace Gantry.Runtime;

/// <summary>
/// crun refuses to work where cgroup v1 and the unified hierarchy are both mounted. An empty file system over the unified one hides it;
/// what crun then writes there by mistake goes into that, not into the host's /sys/fs/cgroup.
/// </summary>
internal static class HybridCgroups
{
    /// <summary>Hides the unified hierarchy in the calling thread's mount namespace, which must be its own. Nothing to do on pure v1 and v2 hosts.</summary>
    public static void Hide()
    {
        var layout = CgroupLayout.Detect();
        if (!layout.IsV2 && layout.Unified is { } unified)
        {
            Mounts.Mount(null, unified, null, MountFlags.Private);
            Mounts.Mount("tmpfs", unified, "tmpfs", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, "size=16m,mode=755");
        }
    }
}
