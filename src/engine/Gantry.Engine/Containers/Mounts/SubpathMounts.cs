using Gantry.Engine.Settings;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>
/// Directories inside volumes as mount sources. What is below a volume may be changed by other containers at any time, so the directory is
/// resolved once, without leaving the volume, and held by a mount of its own: no path is looked up a second time.
/// </summary>
internal sealed class SubpathMounts(EngineCore core)
{
    /// <summary>Mounts the directory in the container's bundle and returns that place.</summary>
    /// <exception cref="GantryException">NotFound: it isn't there, or leads out of the volume.</exception>
    internal string Mount(string containerId, int index, string volume, string subpath)
    {
        var found = Open(volume, subpath);
        try
        {
            return Attach(found, PathOf(core.Paths, containerId, index));
        }
        finally
        {
            FileAt.Close(found);
        }
    }

    /// <summary>Opens (as a path) what is at <paramref name="subpath"/> inside <paramref name="volume"/>. The caller closes the descriptor.</summary>
    /// <exception cref="GantryException">NotFound: it isn't there; InvalidArgument: it leads out of the volume.</exception>
    internal static int Open(string volume, string subpath)
    {
        var root = FileAt.OpenDirectory(volume);
        try
        {
            var found = FileAt.TryOpenRooted(root, subpath, OpenAtFlags.Path, ResolveFlags.Beneath | ResolveFlags.NoMagicLinks);
            return found >= 0 ? found : throw Failure(volume, subpath, -found);
        }
        finally
        {
            FileAt.Close(root);
        }
    }

    /// <summary>Takes all of a container's down; none is fine.</summary>
    internal void UnmountAll(string containerId)
    {
        if (!System.IO.Directory.Exists(Directory(containerId)))
        {
            return;
        }

        foreach (var target in System.IO.Directory.EnumerateFileSystemEntries(Directory(containerId)))
        {
            _ = Linux.Mounts.TryUnmount(target, UnmountFlags.Detach | UnmountFlags.NoFollow);
        }
    }

    /// <summary>Where the mount of that number is while its container runs.</summary>
    internal static string PathOf(EnginePaths paths, string containerId, int index) =>
        Path.Combine(FolderOf(paths, containerId), index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static string FolderOf(EnginePaths paths, string containerId) => Path.Combine(paths.Bundle(containerId), "subpaths");

    private string Directory(string containerId) => FolderOf(core.Paths, containerId);

    /// <summary>A link that leads out of the volume is told apart from a path that isn't there.</summary>
    private static GantryException Failure(string volume, string subpath, int error)
    {
        if (error is Errno.EXDEV or Errno.ELOOP)
        {
            return GantryException.InvalidArgument($"path concatenation escapes the base directory, base: {volume}, subpath: {subpath}");
        }

        var path = Path.Combine(volume, subpath);
        var reason = System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant();
        return GantryException.NotFound($"cannot access path {path}: lstat {path}: {reason}");
    }

    private static string Attach(int source, string target)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (FileAt.Stat(source).IsDirectory)
        {
            System.IO.Directory.CreateDirectory(target);
        }
        else
        {
            File.WriteAllBytes(target, []);
        }

        var place = FileAt.Open(FileAt.CurrentDirectory, target, OpenAtFlags.Path);
        try
        {
            SlaveBind.Attach(source, place);
            return target;
        }
        finally
        {
            FileAt.Close(place);
        }
    }
}
