using Gantry.Oci;

namespace Gantry.RegistryServer.Storage;

/// <summary>
/// Quotas: what one repository and the whole registry may have. Copies of other registries' blobs make room for what is new, those first that
/// nobody has asked for the longest.
/// </summary>
internal sealed class StorageRoom(StorePaths paths, RepositoryOrigins origins, BlobStore blobs, PartialBlobs partials, StorageUsage usage, RegistryServerOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, UploadRoom> _uploads = [];
    private long _promised;

    /// <summary>
    /// Takes room for bytes that are about to be written to an upload, so that uploads of unknown length, many at once, don't exceed a quota together;
    /// false when there is none. Call <see cref="Written"/> afterwards.
    /// </summary>
    internal bool TryTake(RepositoryName name, long bytes)
    {
        if (options is { Quota: 0, RepositoryQuota: 0 })
        {
            return true;
        }

        lock (_lock)
        {
            if (options.Quota > 0 && bytes > Left && !Evict(bytes - Left, () => Left >= bytes, origins.Caches()))
            {
                return false;
            }

            if (options.RepositoryQuota > 0 && !UploadsOf(name).TryTake(bytes))
            {
                return false;
            }

            usage.Add(bytes);
            return true;
        }
    }

    /// <summary>Bytes that were taken are in the upload's file, or (<paramref name="failed"/>) could not be written.</summary>
    internal void Written(RepositoryName name, long bytes, bool failed)
    {
        if (options is { Quota: 0, RepositoryQuota: 0 })
        {
            return;
        }

        lock (_lock)
        {
            usage.Add(failed ? -bytes : 0);
            if (options.RepositoryQuota > 0)
            {
                UploadsOf(name).Done(bytes);
            }
        }
    }

    /// <summary>A repository got a blob in another way than by an upload.</summary>
    internal void Changed(RepositoryName name)
    {
        lock (_lock)
        {
            _uploads.GetValueOrDefault(name.Value)?.Forget();
        }
    }

    /// <summary>Most bytes that may still be sent to the repository, after copies made room for <paramref name="wanted"/> where they can.</summary>
    internal long For(RepositoryName name, long wanted)
    {
        var room = long.MaxValue;
        if (options.RepositoryQuota > 0)
        {
            room = options.RepositoryQuota - Repositories.Bytes(paths, name);
        }

        if (options.Quota > 0)
        {
            lock (_lock)
            {
                Evict(wanted - Left, () => Left >= wanted, origins.Caches());
                room = Math.Min(room, Left);
            }
        }

        return room;
    }

    /// <summary>Promises room for a copy of <paramref name="size"/> bytes; null when there is none. Dispose the promise once the copy is there, or is not to come.</summary>
    internal Promise? TryPromise(RepositoryName name, long size)
    {
        lock (_lock)
        {
            if (options.RepositoryQuota > 0)
            {
                var left = options.RepositoryQuota - Repositories.Bytes(paths, name);
                if (size > left && (size > options.RepositoryQuota || !Evict(size - left, () => options.RepositoryQuota - Repositories.Bytes(paths, name) >= size, [name])))
                {
                    return null;
                }
            }

            if (options.Quota > 0 && size > Left && (size > options.Quota || !Evict(size - Left, () => Left >= size, origins.Caches())))
            {
                return null;
            }

            _promised += size;
            return new Promise(this, size);
        }
    }

    /// <summary>Keeps a blob from being the next to go. Its time of change is that of its last use; once a minute is exact enough.</summary>
    internal void Used(RepositoryName name, Digest digest)
    {
        var file = paths.RepositoryBlob(name, digest);
        try
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > TimeSpan.FromMinutes(1))
            {
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Evicted meanwhile; whoever opened it before still reads it.
            return;
        }
    }

    private UploadRoom UploadsOf(RepositoryName name)
    {
        if (!_uploads.TryGetValue(name.Value, out var room))
        {
            _uploads[name.Value] = room = new UploadRoom(() => options.RepositoryQuota - Repositories.Bytes(paths, name));
        }

        return room;
    }

    private long Left => options.Quota - usage.Bytes - _promised;

    private bool Evict(long needed, Func<bool> isEnough, IEnumerable<RepositoryName> from)
    {
        if (needed <= 0)
        {
            return true;
        }

        partials.Remove(all: true);
        var candidates = isEnough() ? [] : from.SelectMany(Blobs).OrderBy(blob => blob.Used).ToList();
        foreach (var (name, digest, _) in candidates.TakeWhile(_ => !isEnough()))
        {
            blobs.Delete(name, digest);
        }

        return isEnough();
    }

    private IEnumerable<(RepositoryName Name, Digest Digest, DateTime Used)> Blobs(RepositoryName name)
    {
        var directory = new DirectoryInfo(paths.RepositoryBlobs(name));
        foreach (var file in directory.Exists && origins.IsCache(name) ? directory.EnumerateFiles("*", SearchOption.AllDirectories) : [])
        {
            if (Digest.TryParse($"{file.Directory!.Name}:{file.Name}", out var digest))
            {
                yield return (name, digest, file.LastWriteTimeUtc);
            }
        }
    }

    /// <summary>Room that is kept for a copy under way.</summary>
    internal sealed class Promise(StorageRoom room, long size) : IDisposable
    {
        private long _size = size;

        public void Dispose()
        {
            lock (room._lock)
            {
                room._promised -= Interlocked.Exchange(ref _size, 0);
            }
        }
    }
}
