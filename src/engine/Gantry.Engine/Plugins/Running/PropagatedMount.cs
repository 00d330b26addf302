using Gantry.Errors;
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

    /// <summary>Removes what a plugin kept on this disk; what is mounted there is another's, and stops it.</summary>
    /// <param name="data">The directory that has it.</param>
    /// <exception cref="GantryException">Internal: something is mounted below it and can't be taken away.</exception>
    internal static void RemoveData(string path, string data)
    {
        Remove(path);

        // The plugin's id needs no escapes there, whatever the data root's path is like.
        var below = $"/plugins/{Path.GetFileName(data)}/";
        if (File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ') is [_, _, _, _, var place, ..] && place.Contains(below, StringComparison.Ordinal)))
        {
            throw GantryException.Internal($"error unmounting plugin data: something is mounted below {data}");
        }

        Directories.Remove(data);
    }

    /// <summary>Takes it away with all that is mounted in it. Not there is fine.</summary>
    internal static void Remove(string path)
    {
        // Each attempt to make it may have left one on top of the other.
        while (IsThere(path) && Linux.Mounts.TryUnmount(path, UnmountFlags.Detach | UnmountFlags.NoFollow) == 0)
        {
        }
    }
}
