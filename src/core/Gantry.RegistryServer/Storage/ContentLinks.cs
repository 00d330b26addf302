using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.RegistryServer.Storage;

/// <summary>
/// Puts verified files into the shared content directory and links them into repositories. Every step is one rename or link, so a kill
/// leaves at most a content that no repository names; <see cref="SweepOrphans"/> removes those.
/// </summary>
internal sealed class ContentLinks(StorePaths paths, StorageUsage usage)
{
    private readonly Lock[] _locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    /// <summary>Takes the finished file at <paramref name="file"/> (it is moved or removed) and makes it appear at <paramref name="link"/>.</summary>
    internal void Publish(string file, Digest digest, string link)
    {
        var shared = paths.Blob(digest);
        lock (LockOf(digest))
        {
            var (size, before) = (new FileInfo(file).Length, new FileInfo(shared));
            if (IsWhole(before, size))
            {
                File.Delete(file);
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(shared)!);
                File.Move(file, shared, overwrite: true);
                usage.Add(size - (before.Exists ? before.Length : 0));
            }

            Link(shared, link);
        }
    }

    /// <summary>Links the content another name already holds; false when that name is gone.</summary>
    internal bool TryLink(string from, Digest digest, string to)
    {
        lock (LockOf(digest))
        {
            return File.Exists(from) && Link(from, to);
        }
    }

    /// <summary>Removes one repository's link, and the content with it when that was the last one. False when there was none.</summary>
    internal bool Remove(string link, Digest digest)
    {
        lock (LockOf(digest))
        {
            var removed = RemoveName(link);
            RemoveIfUnused(paths.Blob(digest));
            return removed;
        }
    }

    /// <summary>Removes contents that no repository links, as a kill between two steps leaves them.</summary>
    internal void SweepOrphans(CancellationToken cancellationToken)
    {
        foreach (var file in Directory.EnumerateFiles(paths.Blobs, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Digest.TryParse($"{Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file)))}:{Path.GetFileName(file)}", out var digest))
            {
                lock (LockOf(digest))
                {
                    RemoveIfUnused(file);
                }
            }
        }
    }

    /// <summary>Removes a name; false when it was not there.</summary>
    /// <exception cref="LinuxException">Any other failure.</exception>
    internal static bool RemoveName(string path)
    {
        var errno = -FileAt.TryUnlink(FileAt.CurrentDirectory, path);
        return errno is 0 or Errno.ENOENT or Errno.ENOTDIR ? errno == 0 : throw new LinuxException("unlink", errno, path);
    }

    private static bool Link(string existing, string link)
    {
        var errno = -FileAt.TryLink(FileAt.CurrentDirectory, existing, FileAt.CurrentDirectory, link);
        if (errno == Errno.ENOENT)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            errno = -FileAt.TryLink(FileAt.CurrentDirectory, existing, FileAt.CurrentDirectory, link);
        }

        return errno is 0 or Errno.EEXIST ? true : throw new LinuxException("link", errno, link);
    }

    /// <summary>A content whose size differs lost its end in a power cut: it is replaced by the new copy.</summary>
    private static bool IsWhole(FileInfo shared, long size) => shared.Exists && shared.Length == size;

    private void RemoveIfUnused(string shared)
    {
        if (FileAt.TryStat(FileAt.CurrentDirectory, shared, out var status) == 0 && status.Links == 1 && RemoveName(shared))
        {
            usage.Add(-status.Size);
        }
    }

    private Lock LockOf(Digest digest) => _locks[Convert.ToInt32(digest.Hex[..2], 16) % _locks.Length];
}
