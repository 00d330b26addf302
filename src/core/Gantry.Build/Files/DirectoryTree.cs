using System.Security.Cryptography;
using Gantry.Dockerfile;
using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Build.Files;

/// <summary>A tree that lies in a directory: an image's root file system, or a context on this host.</summary>
/// <param name="root">The directory; closed with <paramref name="owner"/>.</param>
/// <param name="ignore">What is not seen, or null.</param>
/// <param name="ids">Maps of a user namespace that the files belong to: they are shown with the owners it sees.</param>
internal sealed class DirectoryTree(SafeFileHandle root, IDisposable owner, IgnoreFile? ignore = null, IdMaps? ids = null) : ISourceTree
{
    private readonly int _root = (int)root.DangerousGetHandle();

    public SourceFile? Find(string path)
    {
        var canonical = RootedPath.Resolve(path, ReadLink);
        return IsIgnored(canonical, () => FileAt.TryStat(_root, canonical, out var s) == 0 && s.IsDirectory) || FileAt.TryStat(_root, canonical, out var status) < 0
            ? null : Describe(canonical, status);
    }

    public IReadOnlyList<SourceFile> List(SourceFile directory)
    {
        var fd = Open(directory.Path, OpenAtFlags.Directory);
        try
        {
            var files = new List<SourceFile>();
            foreach (var entry in DirectoryEntries.Read(fd))
            {
                var path = RootedPath.Join(directory.Path, entry.Name);
                if (FileAt.TryStat(fd, entry.Name, out var status) == 0 && !IsIgnored(path, () => status.IsDirectory))
                {
                    files.Add(Describe(path, status));
                }
            }

            files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
            return files;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    public byte[] ContentHash(SourceFile file)
    {
        using var stream = OpenRead(file);
        return SHA256.HashData(stream);
    }

    public void CopyContent(SourceFile file, int destination)
    {
        var fd = Open(file.Path, OpenAtFlags.NonBlocking);
        try
        {
            FileData.CopyFile(fd, destination, FileAt.Stat(fd).Size);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    public Stream OpenRead(SourceFile file) =>
        new FileStream(new SafeFileHandle(Open(file.Path, OpenAtFlags.NonBlocking), ownsHandle: true), FileAccess.Read, 1 << 16);

    public IReadOnlyList<KeyValuePair<string, byte[]>> Xattrs(SourceFile file) => Xattr(file).ToList();

    public void Dispose() => owner.Dispose();

    private IEnumerable<KeyValuePair<string, byte[]>> Xattr(SourceFile file)
    {
        foreach (var name in Linux.Xattrs.List(_root, file.Path))
        {
            if (!name.StartsWith("trusted.", StringComparison.Ordinal) && name != "security.selinux"
                && Linux.Xattrs.Get(_root, file.Path, name) is { } value)
            {
                yield return new(name, value);
            }
        }
    }

    private SourceFile Describe(string path, FileStatus status) => new()
    {
        Path = path,
        Kind = status.Kind,
        Mode = status.Mode,
        UserId = ignore is not null ? 0 : ids?.Users.ToContainer(status.UserId) ?? status.UserId,
        GroupId = ignore is not null ? 0 : ids?.Groups.ToContainer(status.GroupId) ?? status.GroupId,
        Size = status.Size,
        Modified = status.ModifiedNanoseconds,
        LinkTarget = status.Kind == FileKind.Symlink ? ReadLink(path) ?? string.Empty : string.Empty,
        DeviceMajor = status.DeviceMajor,
        DeviceMinor = status.DeviceMinor,
        LinkKey = status.Links > 1 && !status.IsDirectory ? status.Inode : 0,
    };

    private string? ReadLink(string path) => FileAt.TryReadLink(_root, path, out var target) == 0 ? target : null;

    /// <summary>Canonical paths have no links; the kernel makes sure, should the tree change under us.</summary>
    private int Open(string path, OpenAtFlags flags) => FileAt.Check(
        FileAt.TryOpenRooted(_root, path, flags | OpenAtFlags.NoFollow, ResolveFlags.InRoot | ResolveFlags.NoSymlinks), "open", path);

    /// <summary>An ignored directory is still there when an exception brings back something below it.</summary>
    private bool IsIgnored(string path, Func<bool> isDirectory) => path.Length > 0 && ignore is { IsEmpty: false } && ignore.IsIgnored(path)
        && !(ignore.HasExceptions && isDirectory() && HasKept(path));

    private bool HasKept(string path)
    {
        foreach (var entry in DirectoryEntries.Read(_root, path))
        {
            var child = RootedPath.Join(path, entry.Name);
            if (!ignore!.IsIgnored(child) || (entry.Kind == FileKind.Directory && HasKept(child)))
            {
                return true;
            }
        }

        return false;
    }
}
