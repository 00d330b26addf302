using Gantry.BuildKit;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>
/// Makes a tree of the announcements of a client, which come with each directory before what is in it. Paths that lead out, come twice or lie in what is no
/// directory are refused.
/// </summary>
/// <param name="known">Checksums of files as they were before, or null.</param>
internal sealed class SyncedNames(KnownFolder? known)
{
    internal const long MaxFileSize = 1L << 44;
    private const int MaxEntries = 4_000_000;
    private const int MaxPathLength = 4096;
    private uint _count;
    private ulong _links;

    public ContextNode Root { get; } = ContextNode.Directory();

    /// <exception cref="GantryException">InvalidArgument.</exception>
    public void Add(FileStat stat)
    {
        if (_count >= MaxEntries)
        {
            throw GantryException.InvalidArgument($"the build context has more than {MaxEntries} files");
        }

        var path = Checked(stat.Path);
        var slash = path.LastIndexOf('/');
        var directory = slash < 0 ? Root : Find(path[..slash]);
        if (directory?.Children is not { } children)
        {
            throw GantryException.InvalidArgument($"changes out of order: {path} is not in a directory that was announced");
        }

        var node = (stat.Mode & GoFileMode.Kind) == 0 && stat.LinkName.Length > 0 ? Hardlink(stat) : Node(stat, _count);
        if (!children.TryAdd(path[(slash + 1)..], node))
        {
            throw GantryException.InvalidArgument($"changes out of order: {path} was announced twice");
        }

        _count++;
    }

    private static string Checked(string path) =>
        path.Length is 0 or > MaxPathLength || path[0] == '/' || path.Contains('\0', StringComparison.Ordinal) || GoPath.Clean(path) != path
            || path is "." or ".." || path.StartsWith("../", StringComparison.Ordinal)
        ? throw GantryException.InvalidArgument($"invalid path in the build context: {GoText.Quote(path.Length > MaxPathLength ? path[..MaxPathLength] : path)}") : path;

    private ContextNode Node(FileStat stat, uint number)
    {
        var mode = Mode(stat.Mode);
        if ((stat.Mode & GoFileMode.Directory) != 0)
        {
            return ContextNode.Directory(mode, stat.Modified);
        }

        if (stat.Size is < 0 or > MaxFileSize)
        {
            throw GantryException.InvalidArgument($"{stat.Path} in the build context is too large");
        }

        var kind = Kind(stat.Mode);
        return new ContextNode
        {
            Kind = kind,
            Mode = mode,
            Modified = stat.Modified,
            Size = kind == FileKind.File ? stat.Size : 0,
            LinkTarget = kind == FileKind.Symlink ? stat.LinkName : string.Empty,
            DeviceMajor = unchecked((uint)stat.DeviceMajor),
            DeviceMinor = unchecked((uint)stat.DeviceMinor),
            Number = number,
            Path = kind == FileKind.File ? stat.Path : string.Empty,
            Hash = kind == FileKind.File && known is not null ? known.Find(stat.Path, stat.Size, stat.Modified) : [],
        };
    }

    private static FileKind Kind(uint mode) => (mode & GoFileMode.Kind) switch
    {
        0 => FileKind.File,
        GoFileMode.Symlink => FileKind.Symlink,
        GoFileMode.NamedPipe => FileKind.Fifo,
        GoFileMode.Socket => FileKind.Socket,
        GoFileMode.Device => FileKind.BlockDevice,
        GoFileMode.Device | GoFileMode.CharacterDevice => FileKind.CharacterDevice,
        _ => throw GantryException.InvalidArgument($"unknown file mode {mode:x} in the build context"),
    };

    private static int Mode(uint mode)
    {
        const int SetUser = 0x800;
        const int SetGroup = 0x400;
        const int Sticky = 0x200;
        return (int)(mode & GoFileMode.Permissions)
            | ((mode & GoFileMode.SetUser) != 0 ? SetUser : 0)
            | ((mode & GoFileMode.SetGroup) != 0 ? SetGroup : 0)
            | ((mode & GoFileMode.Sticky) != 0 ? Sticky : 0);
    }

    private ContextNode Hardlink(FileStat stat)
    {
        var target = Find(Checked(stat.LinkName));
        if (target is null || target.Children is not null)
        {
            throw GantryException.InvalidArgument($"invalid link {stat.Path} {stat.LinkName} in the build context");
        }

        target.LinkKey = target.LinkKey == 0 ? ++_links : target.LinkKey;
        return target;
    }

    private ContextNode? Find(string path)
    {
        var node = Root;
        foreach (var name in path.Split('/'))
        {
            if (node.Children is null || !node.Children.TryGetValue(name, out node!))
            {
                return null;
            }
        }

        return node;
    }
}
