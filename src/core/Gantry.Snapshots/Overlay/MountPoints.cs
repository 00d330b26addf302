using System.Collections.Concurrent;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Snapshots;

/// <summary>
/// The files and directories that the runtime mounts over (and <c>/.dockerenv</c>), for images that lack them: one extra read-only layer an
/// image, made on its first use, so that they don't show up as changes of each container. Docker makes the same as an "init" layer a container.
/// </summary>
/// <param name="ids">Whose root the made files belong to; null for the host's.</param>
internal sealed class MountPoints(string root, Trash trash, IdMaps? ids)
{
    private static readonly (string Path, FileKind Kind)[] s_points =
    [
        ("dev/pts", FileKind.Directory),
        ("dev/shm", FileKind.Directory),
        ("dev/console", FileKind.File),
        ("proc", FileKind.Directory),
        ("sys", FileKind.Directory),
        ("etc/hosts", FileKind.File),
        ("etc/hostname", FileKind.File),
        ("etc/resolv.conf", FileKind.File),
        ("etc/mtab", FileKind.Symlink),
        (".dockerenv", FileKind.File),
    ];

    private readonly ConcurrentDictionary<string, string> _made = new();
    private readonly Lock _lock = new();

    /// <summary>The layer's directory, made when missing.</summary>
    /// <param name="lower">The image's own stack.</param>
    internal string Ensure(Digest chainId, IReadOnlyList<string> lower)
    {
        var name = NameOf(chainId);
        return _made.TryGetValue(name, out var made) ? made : Make(name, lower);
    }

    internal void Remove(Digest chainId)
    {
        var name = NameOf(chainId);
        _made.TryRemove(name, out _);
        trash.Take(Path.Combine(root, name));
    }

    private static string NameOf(Digest chainId) => chainId.IsEmpty ? "scratch" : chainId.Hex;

    private string Make(string name, IReadOnlyList<string> lower)
    {
        lock (_lock)
        {
            var final = Path.Combine(root, name);
            var diff = Path.Combine(final, LayerStore.DiffName);
            if (!Directory.Exists(diff))
            {
                // Written through an overlay mount: it copies the attributes of /etc and /dev up by itself.
                var making = Directory.CreateDirectory(Path.Combine(root, $"tmp-{Guid.NewGuid():N}")).FullName;
                Fill(making, lower);
                FileAt.Rename(making, final);
            }

            return _made[name] = diff;
        }
    }

    private void Fill(string directory, IReadOnlyList<string> lower)
    {
        var upper = Directory.CreateDirectory(Path.Combine(directory, LayerStore.DiffName)).FullName;
        ids?.GiveToRoot(upper);
        var work = Directory.CreateDirectory(Path.Combine(directory, "work")).FullName;
        var mount = OverlayMount.Create(new OverlaySpec(lower, upper, work, Volatile: true), directory);
        try
        {
            foreach (var (path, kind) in s_points)
            {
                MakePoint(mount, path, kind);
            }
        }
        finally
        {
            FileAt.Close(mount);
        }

        trash.Take(work);
    }

    /// <summary>What is there in the image stays, whatever it is; a part of the path that isn't a directory is the image's own business.</summary>
    private void MakePoint(int mount, string path, FileKind kind)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var parent = slash < 0 ? string.Empty : path[..slash];
        if (parent.Length > 0)
        {
            Accept(FileAt.TryMakeDirectory(mount, parent, 0x1ED), "mkdir", mount, parent);
        }

        var directory = FileAt.TryOpenRooted(mount, parent, OpenAtFlags.Path | OpenAtFlags.Directory, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
        if (directory < 0)
        {
            return;
        }

        var name = path[(slash + 1)..];
        try
        {
            Accept(kind switch
            {
                FileKind.Directory => FileAt.TryMakeDirectory(directory, name, 0x1ED),
                FileKind.Symlink => FileAt.TryMakeSymlink("/proc/mounts", directory, name),
                _ => FileAt.TryMakeNode(directory, name, FileKind.File, 0x1ED),
            }, "create", directory, name);
        }
        finally
        {
            FileAt.Close(directory);
        }
    }

    /// <summary>What was there keeps its owner.</summary>
    private void Accept(int result, string call, int directory, string name)
    {
        if (result == -Errno.EEXIST)
        {
            return;
        }

        FileAt.Check(result, call, name);
        if (ids is { Root: var (user, group) })
        {
            FileAt.Check(FileAt.TryChangeOwner(directory, name, user, group), "chown", name);
        }
    }
}
