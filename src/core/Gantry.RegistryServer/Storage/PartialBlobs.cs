using Gantry.Oci;

namespace Gantry.RegistryServer.Storage;

/// <summary>
/// What is here of upstreams' blobs whose fetch broke off, also because the server was killed: one file a digest, which one fetch has at a time and
/// goes on with. Those that nobody has count in the registry's quota; the others are promised room for all of them.
/// </summary>
internal sealed class PartialBlobs(StorePaths paths, TimeSpan expiry, StorageUsage usage)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Digest> _taken = [];

    /// <summary>The file for a blob, which may be there already; null while another fetch has it.</summary>
    internal string? TryTake(Digest digest)
    {
        lock (_lock)
        {
            if (!_taken.Add(digest))
            {
                return null;
            }

            var file = new FileInfo(paths.Partial(digest));
            Directory.CreateDirectory(file.DirectoryName!);
            usage.Add(file.Exists ? -file.Length : 0);
            return file.FullName;
        }
    }

    /// <summary>Gives a file back that <see cref="TryTake"/> gave; it is still there for the next fetch, or became a blob, or was removed.</summary>
    internal void Release(Digest digest)
    {
        lock (_lock)
        {
            _taken.Remove(digest);
            var file = new FileInfo(paths.Partial(digest));
            usage.Add(file.Exists ? file.Length : 0);
        }
    }

    /// <summary>Removes what nobody goes on with: all of it (room is wanted), or what was last written too long ago.</summary>
    internal void Remove(bool all)
    {
        foreach (var file in Files())
        {
            lock (_lock)
            {
                file.Refresh();
                var isIdle = file.Exists && Digest.TryParse($"{file.Directory!.Name}:{file.Name}", out var digest) && !_taken.Contains(digest);
                if (isIdle && (all || DateTime.UtcNow - file.LastWriteTimeUtc > expiry))
                {
                    var size = file.Length;
                    file.Delete();
                    usage.Add(-size);
                }
            }
        }
    }

    private List<FileInfo> Files() =>
        Directory.Exists(paths.Partials) ? [.. new DirectoryInfo(paths.Partials).EnumerateFiles("*", SearchOption.AllDirectories)] : [];
}
