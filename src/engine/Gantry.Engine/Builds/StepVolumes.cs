using System.Globalization;
using Gantry.Build;
using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.State;
using Gantry.Linux;

namespace Gantry.Engine.Builds;

/// <summary>Declared volumes that the file system of a build step lacks: empty directories that go with the step.</summary>
internal static class StepVolumes
{
    private const ResolveFlags Inside = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;

    /// <param name="rootfs">The mounted file system; hostile.</param>
    /// <param name="folder">Of the step, removed after it.</param>
    /// <param name="ids">Maps of the user namespace that the step runs in; null for none.</param>
    internal static IEnumerable<PreparedMount> Prepare(StepSpec step, string rootfs, string folder, IdMaps? ids)
    {
        var mounts = new List<PreparedMount>();
        if (step.Volumes.Count == 0)
        {
            return mounts;
        }

        var root = FileAt.OpenDirectory(rootfs);
        try
        {
            foreach (var path in step.Volumes.Where(v => !Exists(root, v) && !step.Mounts.Any(m => m.Target == v)))
            {
                var source = Path.Combine(folder, "volumes", mounts.Count.ToString(CultureInfo.InvariantCulture));
                Directory.CreateDirectory(source);
                ids?.GiveToRoot(source);
                mounts.Add(new PreparedMount(
                    new ContainerMount { Type = "bind", Destination = path, Source = source, ReadWrite = true, Propagation = "rprivate" }, source));
            }
        }
        finally
        {
            FileAt.Close(root);
        }

        return mounts;
    }

    private static bool Exists(int root, string path)
    {
        var fd = FileAt.TryOpenRooted(root, path.TrimStart('/'), OpenAtFlags.Path, Inside);
        if (fd >= 0)
        {
            FileAt.Close(fd);
        }

        return fd != -Errno.ENOENT;
    }
}
