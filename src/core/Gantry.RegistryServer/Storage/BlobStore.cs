using Gantry.Oci;
using Microsoft.Win32.SafeHandles;

namespace Gantry.RegistryServer.Storage;

/// <summary>An open content: its file and its size in bytes. The caller disposes it; it stays readable when the blob is deleted meanwhile.</summary>
internal sealed record OpenContent(SafeFileHandle File, long Size) : IDisposable
{
    public void Dispose() => File.Dispose();
}

/// <summary>Blobs as repositories see them: a blob exists in a repository when that repository has a link to it.</summary>
internal sealed class BlobStore(StorePaths paths, ContentLinks links)
{
    /// <summary>Opens a blob for reading, or returns null. Manifests are found too, as some clients fetch them by digest like any blob.</summary>
    internal OpenContent? Open(RepositoryName name, Digest digest) =>
        TryOpen(paths.RepositoryBlob(name, digest)) ?? TryOpen(paths.Manifest(name, digest));

    internal bool Exists(RepositoryName name, Digest digest) => File.Exists(paths.RepositoryBlob(name, digest));

    /// <summary>Gives <paramref name="to"/> the blob of <paramref name="from"/>; false when that one does not have it.</summary>
    internal bool Mount(RepositoryName from, RepositoryName to, Digest digest) =>
        links.TryLink(paths.RepositoryBlob(from, digest), digest, paths.RepositoryBlob(to, digest));

    /// <summary>
    /// Gives <paramref name="to"/> a blob that any repository has which <paramref name="mayRead"/> accepts (null: all of them, and then nothing
    /// has to be searched); false when there is none.
    /// </summary>
    internal bool MountFromAny(RepositoryName to, Digest digest, Func<RepositoryName, bool>? mayRead)
    {
        var link = paths.RepositoryBlob(to, digest);
        return mayRead is null
            ? links.TryLink(paths.Blob(digest), digest, link)
            : File.Exists(paths.Blob(digest)) && Repositories.Holding(paths, digest).Where(mayRead).Any(from => Mount(from, to, digest));
    }

    internal void Publish(string file, RepositoryName name, Digest digest) => links.Publish(file, digest, paths.RepositoryBlob(name, digest));

    /// <summary>False when the repository did not have it.</summary>
    internal bool Delete(RepositoryName name, Digest digest) => links.Remove(paths.RepositoryBlob(name, digest), digest);

    internal static OpenContent? TryOpen(string path)
    {
        try
        {
            var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.None);
            return new OpenContent(handle, RandomAccess.GetLength(handle));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
