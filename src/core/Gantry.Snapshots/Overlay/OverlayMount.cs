using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>What to stack.</summary>
/// <param name="Lower">Directories, top first.</param>
/// <param name="Upper">Writable top; null for a read-only stack.</param>
/// <param name="Volatile">Skip all syncing, also at unmount.</param>
internal sealed record OverlaySpec(IReadOnlyList<string> Lower, string? Upper = null, string? Work = null, bool Volatile = false);

/// <summary>
/// Makes overlay mounts (kernel documentation, filesystems/overlayfs): with the mount API a descriptor per mount and a call per layer, up to
/// the kernel's 500 layers; on kernels before 6.8, which lack <c>lowerdir+</c>, with mount(2) and its one page of options.
/// </summary>
internal static class OverlayMount
{
    /// <summary>fsconfig takes 256 bytes with the NUL; longer paths go by descriptor.</summary>
    private const int MaxString = 255;
    private const int MaxOptions = 4095;

    /// <summary>The first kernel with the option; without it unmounting syncs, which is slower and no less right.</summary>
    private static readonly Version s_volatileSince = new(5, 10);

    private static readonly Lazy<bool> s_appends = new(KnowsAppending);

    /// <summary>Mounts at an existing directory.</summary>
    /// <param name="scratch">A directory for temporary mount points (old kernels).</param>
    internal static void Mount(OverlaySpec spec, string target, string scratch)
    {
        var mount = Create(spec, scratch);
        try
        {
            FileAt.Check(MountApi.TryAttach(mount, target), "move_mount", target);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("mounting the container's file system");
        }
        finally
        {
            FileAt.Close(mount);
        }
    }

    /// <summary>A detached mount's descriptor; one directory alone is opened as it is.</summary>
    internal static int OpenReadOnly(IReadOnlyList<string> lower, string scratch) => lower.Count == 1
        ? FileAt.Open(FileAt.CurrentDirectory, lower[0], OpenAtFlags.Path | OpenAtFlags.Directory)
        : Create(new OverlaySpec(lower), scratch);

    /// <summary>A detached mount, closed (and with it unmounted) by the caller.</summary>
    internal static int Create(OverlaySpec spec, string scratch)
    {
        try
        {
            return s_appends.Value ? CreateByContext(spec) : CreateClassic(spec, scratch);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("mounting overlayfs");
        }
    }

    /// <summary>The same with mount(2); for kernels before 6.8 and the tests.</summary>
    internal static int CreateClassic(OverlaySpec spec, string scratch)
    {
        var point = Directory.CreateDirectory(Path.Combine(scratch, $"mount-{Guid.NewGuid():N}")).FullName;
        var held = new List<int>();
        try
        {
            Mounts.Mount("overlay", point, "overlay", MountFlags.None, ClassicOptions(spec, held));
            var mount = FileAt.Check(MountApi.TryClone(FileAt.CurrentDirectory, point, recursive: false), "open_tree", point);
            Mounts.Unmount(point, UnmountFlags.Detach);
            return mount;
        }
        finally
        {
            held.ForEach(FileAt.Close);
            Directory.Delete(point);
        }
    }

    /// <summary>
    /// Asks with a path that doesn't exist: only a kernel that knows the option looks for it. One without says EINVAL (6.5 to 6.7) or takes
    /// every option unread until the mount is made (before 6.5, where overlayfs has no parser of its own).
    /// </summary>
    private static bool KnowsAppending()
    {
        var context = MountApi.TryOpen("overlay");
        if (context < 0)
        {
            return false;
        }

        try
        {
            return MountApi.TrySetString(context, "lowerdir+", "/proc/self/fd/-") == -Errno.ENOENT;
        }
        finally
        {
            FileAt.Close(context);
        }
    }

    private static int CreateByContext(OverlaySpec spec)
    {
        var context = FileAt.Check(MountApi.TryOpen("overlay"), "fsopen", "overlay");
        var held = new List<int>();
        try
        {
            foreach (var lower in spec.Lower)
            {
                CheckConfig(context, MountApi.TrySetString(context, "lowerdir+", Shorten(lower, MaxString, held)));
            }

            foreach (var (key, value) in Options(spec, held))
            {
                CheckConfig(context, value is null ? MountApi.TrySetFlag(context, key) : MountApi.TrySetString(context, key, value));
            }

            CheckConfig(context, MountApi.TryCreate(context));
            return FileAt.Check(MountApi.TryMount(context), "fsmount", "overlay");
        }
        finally
        {
            FileAt.Close(context);
            held.ForEach(FileAt.Close);
        }
    }

    private static IEnumerable<(string Key, string? Value)> Options(OverlaySpec spec, List<int> held)
    {
        // A layer is used by many containers and by kernels with other defaults: nothing may be recorded in it that binds it to this stack.
        yield return ("index", "off");
        yield return ("metacopy", "off");
        yield return ("redirect_dir", "nofollow");
        if (spec.Upper is not null)
        {
            yield return ("upperdir", Shorten(spec.Upper, MaxString, held));
            yield return ("workdir", Shorten(spec.Work!, MaxString, held));
        }

        if (spec.Volatile && Environment.OSVersion.Version >= s_volatileSince)
        {
            yield return ("volatile", null);
        }
    }

    private static string ClassicOptions(OverlaySpec spec, List<int> held)
    {
        var lower = string.Join(':', spec.Lower.Select(l => Shorten(l, spec.Lower.Count > 4 ? 0 : MaxString, held)));
        var options = Options(spec, held).Select(o => o.Value is null ? o.Key : $"{o.Key}={o.Value}");
        var text = string.Join(',', options.Prepend($"lowerdir={lower}"));
        return text.Length <= MaxOptions ? text : throw GantryException.InvalidArgument($"max depth exceeded: {spec.Lower.Count} layers need a kernel from 6.8");
    }

    /// <summary>A path that fits: itself, or that of a descriptor kept open until the mount is made. Commas and colons mean something in options.</summary>
    private static string Shorten(string path, int maximum, List<int> held)
    {
        if (path.Length <= maximum && !path.AsSpan().ContainsAny(",:\\"))
        {
            return path;
        }

        held.Add(FileAt.Open(FileAt.CurrentDirectory, path, OpenAtFlags.Path | OpenAtFlags.Directory));
        return FileAt.DescriptorPath(held[^1]);
    }

    private static void CheckConfig(int context, int error)
    {
        if (error < 0)
        {
            var log = MountApi.ReadLog(context);
            throw new LinuxException("fsconfig", -error, log.Length > 0 ? log : "overlay");
        }
    }
}
