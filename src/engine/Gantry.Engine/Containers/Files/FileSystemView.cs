using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Files;

/// <summary>
/// A container's files for the engine itself: its root file system with its volumes and binds, at a private place. Everything in it may be
/// hostile, so all look-ups go through the descriptor and stay inside (openat2, RESOLVE_IN_ROOT). The caller holds the container's gate where
/// the container doesn't run.
/// </summary>
internal sealed class FileSystemView : IDisposable
{
    private const ResolveFlags InRoot = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;
    private readonly string _target;
    private readonly IdMaps? _ids;

    private FileSystemView(string target, int root, IdMaps? ids)
    {
        _target = target;
        _ids = ids;
        Root = root;
    }

    /// <summary>The root directory; owned by the view.</summary>
    internal int Root { get; }

    /// <param name="withMounts">Also what is bound into the container over its own files.</param>
    internal static FileSystemView Open(EngineCore core, ContainerRecord record, bool withMounts)
    {
        var target = core.Paths.Inspection(Ids.New()[..16]);
        Directory.CreateDirectory(target);
        try
        {
            MountRoot(core, record, target);
            var root = FileAt.OpenDirectory(target);
            var view = new FileSystemView(target, root, core.Settings.Ids);
            if (!withMounts)
            {
                return view;
            }

            foreach (var (mount, index) in record.Mounts.Select((m, i) => (m, i)).OrderBy(m => m.m.Destination.Count(c => c == '/')))
            {
                view.MountInside(core, record, mount, index);
            }

            view.MountNetworkFiles(core, record);
            if (!Runs(record) && !string.IsNullOrEmpty(record.Config.WorkingDir) && view.OpenMountPoint(record.Config.WorkingDir, directory: true) is >= 0 and var folder)
            {
                // The runtime makes it at the start; who looks before finds it all the same, as in Docker, which makes it at create.
                FileAt.Close(folder);
            }

            return view;
        }
        catch
        {
            TearDown(target);
            throw;
        }
    }

    /// <summary>Opens a path as the container would see it; minus the errno on failure. The caller closes the descriptor.</summary>
    internal int TryOpen(string path, OpenAtFlags flags) => FileAt.TryOpenRooted(Root, path, flags, InRoot);

    /// <summary>Where an opened file is in the container, with no link in its path.</summary>
    internal string PathOf(int fd) =>
        File.ResolveLinkTarget($"/proc/self/fd/{fd}", returnFinalTarget: false)?.FullName is { } path && path.StartsWith(_target + "/", StringComparison.Ordinal)
            ? path[_target.Length..]
            : "/";

    public void Dispose()
    {
        FileAt.Close(Root);
        TearDown(_target);
    }

    private static void MountRoot(EngineCore core, ContainerRecord record, string target)
    {
        if (Runs(record))
        {
            Linux.Mounts.Mount(core.Paths.Rootfs(record.Id), target, null, MountFlags.Bind);
        }
        else
        {
            core.Parts.Layers.Mount(record.Id, target);
        }
    }

    private static bool Runs(ContainerRecord record) => record.State.IsActive && record.State.Phase != ContainerPhase.Restarting;

    /// <summary>
    /// Mounts what is mounted there; nothing for what only the container's own namespace has. Images, and directories inside them and inside
    /// volumes, are held by mounts of their own while the container runs.
    /// </summary>
    private void MountInside(EngineCore core, ContainerRecord record, ContainerMount mount, int index)
    {
        switch (mount.Type)
        {
            case "bind":
                MountInside(mount, mount.Source);
                break;
            case "volume" or "image" when mount.Subpath.Length > 0 && Runs(record):
                MountInside(mount, SubpathMounts.PathOf(core.Paths, record.Id, index));
                break;
            case "volume" when core.Parts.Volumes.Find(mount.Name) is not null || mount.Driver != "local":
                core.Parts.Volumes.WhileMounted(mount.Name, path => MountPart(mount, path));
                break;
            case "image" when Runs(record):
                MountInside(mount, ImageMounts.PathOf(core.Paths, record.Id, index));
                break;
            case "image":
                MountImage(core, record, mount, index);
                break;
        }
    }

    /// <summary>The image's own mount is gone again before the view is used: what is bound from it stays.</summary>
    private void MountImage(EngineCore core, ContainerRecord record, ContainerMount mount, int index)
    {
        var place = core.Paths.Inspection(Ids.New()[..16]);
        Directory.CreateDirectory(place);
        try
        {
            ImageMounts.MountAt(core, record, index, place);
            MountPart(mount, place);
        }
        finally
        {
            TearDown(place);
        }
    }

    /// <exception cref="GantryException">NotFound, InvalidArgument: the part of the volume or image that is mounted isn't there.</exception>
    private void MountPart(ContainerMount mount, string whole)
    {
        if (mount.Subpath.Length == 0)
        {
            MountInside(mount, whole);
            return;
        }

        var part = SubpathMounts.Open(whole, mount.Subpath);
        try
        {
            MountInside(mount, $"/proc/self/fd/{part}");
        }
        finally
        {
            FileAt.Close(part);
        }
    }

    private void MountInside(ContainerMount mount, string source)
    {
        if (!Path.Exists(source))
        {
            return;
        }

        var fd = OpenMountPoint(mount.Destination, Directory.Exists(source));
        if (fd < 0)
        {
            return;
        }

        try
        {
            BindApart(source, fd);
        }
        finally
        {
            FileAt.Close(fd);
        }

        if (!mount.ReadWrite && (fd = TryOpen(mount.Destination, OpenAtFlags.Path)) >= 0)
        {
            _ = MountApi.TrySetAttributes(fd, string.Empty, MountAttributes.ReadOnly);
            FileAt.Close(fd);
        }
    }

    /// <summary>What the view shows of the host goes with the view, and only there.</summary>
    private static void BindApart(string source, int target)
    {
        var fd = FileAt.Open(FileAt.CurrentDirectory, source, OpenAtFlags.Path);
        try
        {
            SlaveBind.Attach(fd, target);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    /// <summary>The files that name hosts and name servers are bound into a container, so they are no part of its layers.</summary>
    private void MountNetworkFiles(EngineCore core, ContainerRecord record)
    {
        var files = new[] { ("/etc/hostname", core.Paths.Hostname(record.Id)), ("/etc/hosts", core.Paths.Hosts(record.Id)), ("/etc/resolv.conf", core.Paths.ResolvConf(record.Id)) };
        foreach (var (destination, source) in files)
        {
            if (File.Exists(source) && record.Mounts.All(m => m.Destination != destination) && TryOpen(destination, OpenAtFlags.Path) is >= 0 and var fd)
            {
                Linux.Mounts.Mount(source, $"/proc/self/fd/{fd}", null, MountFlags.Bind);
                FileAt.Close(fd);
            }
        }
    }

    /// <summary>The place of a mount, made when missing as at a start.</summary>
    private int OpenMountPoint(string path, bool directory)
    {
        var fd = TryOpen(path, OpenAtFlags.Path);
        if (fd != -Errno.ENOENT)
        {
            return fd;
        }

        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var folder = OpenFolder(directory ? parts : parts[..^1]);
        if (directory || folder < 0)
        {
            return folder;
        }

        var file = FileAt.TryOpen(folder, parts[^1], OpenAtFlags.WriteOnly | OpenAtFlags.Create | OpenAtFlags.Exclusive, 0x1ED);
        if (file < 0)
        {
            FileAt.Close(folder);
            return file;
        }

        GiveToRoot(folder, parts[^1]);
        FileAt.Close(folder);

        FileAt.Close(file);
        return TryOpen(path, OpenAtFlags.Path);
    }

    /// <summary>What is made in the container belongs to its root.</summary>
    private void GiveToRoot(int directory, string name)
    {
        if (_ids is { Root: var (user, group) })
        {
            FileAt.Check(FileAt.TryChangeOwner(directory, name, user, group), "chown", name);
        }
    }

    /// <summary>Makes the directories that are missing.</summary>
    private int OpenFolder(IEnumerable<string> parts)
    {
        var current = FileAt.TryOpen(Root, ".", OpenAtFlags.Path | OpenAtFlags.Directory);
        var soFar = string.Empty;
        foreach (var part in parts)
        {
            soFar += "/" + part;
            var next = TryOpen(soFar, OpenAtFlags.Path | OpenAtFlags.Directory);
            if (next == -Errno.ENOENT)
            {
                if (FileAt.TryMakeDirectory(current, part, 0x1ED) == 0)
                {
                    GiveToRoot(current, part);
                }

                next = TryOpen(soFar, OpenAtFlags.Path | OpenAtFlags.Directory);
            }

            FileAt.Close(current);
            if (next < 0)
            {
                return next;
            }

            current = next;
        }

        return current;
    }

    private static void TearDown(string target)
    {
        _ = Linux.Mounts.TryUnmount(target, UnmountFlags.Detach);
        Directory.Delete(target);
    }
}
