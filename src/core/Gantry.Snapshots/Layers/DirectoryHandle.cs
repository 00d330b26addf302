using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>A directory below a root, opened for reading without following links; closed on dispose.</summary>
internal sealed class DirectoryHandle : IDisposable
{
    private const ResolveFlags Plain = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks;

    internal DirectoryHandle(int root, string path)
        : this(FileAt.Check(FileAt.TryOpenRooted(root, path, OpenAtFlags.Directory, Plain), "openat2", path))
    {
    }

    private DirectoryHandle(int descriptor) => Descriptor = descriptor;

    internal int Descriptor { get; }

    /// <summary>Null when there is no such directory.</summary>
    internal static DirectoryHandle? TryOpen(int root, string path)
    {
        var fd = FileAt.TryOpenRooted(root, path, OpenAtFlags.Directory, Plain);
        return fd >= 0 ? new DirectoryHandle(fd) : null;
    }

    public void Dispose() => FileAt.Close(Descriptor);
}
