using Gantry.Linux;

namespace Gantry.Engine.Plugins.Running;

/// <summary>A directory whose mounts a plugin and the engine share: what the plugin mounts in it, containers can be given.</summary>
internal static class PropagatedMount
{
    /// <summary>Makes it, empty of mounts, a mount of its own with peers.</summary>
    internal static void Make(string path)
    {
        Remove(path);
        Directory.CreateDirectory(path);
        Linux.Mounts.Mount(path, path, null, MountFlags.Bind);
        Linux.Mounts.Mount(null, path, null, MountFlags.Shared);
    }

    /// <summary>Whether this engine's namespace has it: with the monitor killed too, it is a new one, and sees nothing of what a plugin has mounted.</summary>
    internal static bool IsThere(string path) => FileAt.TryStat(FileAt.CurrentDirectory, path, out var status) == 0 && status.IsMountRoot;

    /// <summary>Takes it away with all that is mounted in it. Not there is fine.</summary>
    internal static void Remove(string path)
    {
        // Each attempt to make it may have left one on top of the other.
        while (IsThere(path) && Linux.Mounts.TryUnmount(path, UnmountFlags.Detach | UnmountFlags.NoFollow) == 0)
        {
        }
    }
}
