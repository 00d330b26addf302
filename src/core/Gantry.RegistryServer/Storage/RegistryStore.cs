using Gantry.Errors;

namespace Gantry.RegistryServer.Storage;

/// <summary>Everything a registry keeps, in one directory that one process owns at a time.</summary>
internal sealed class RegistryStore : IDisposable
{
    private readonly FileStream _lock;
    private readonly StorePaths _paths;
    private readonly ContentLinks _links;

    /// <exception cref="GantryException">Conflict: another server uses the directory.</exception>
    internal RegistryStore(RegistryServerOptions options)
    {
        _paths = new StorePaths(options.Root);
        Directory.CreateDirectory(_paths.Root);
        _lock = Own(_paths.LockFile);
        Directory.CreateDirectory(_paths.Blobs);
        Directory.CreateDirectory(_paths.Repositories);
        if (Directory.Exists(_paths.Temporary))
        {
            Directory.Delete(_paths.Temporary, recursive: true);
        }

        Directory.CreateDirectory(_paths.Temporary);
        var usage = new StorageUsage();
        if (options.Quota > 0)
        {
            usage.Count(_paths);
        }

        _links = new ContentLinks(_paths, usage);
        Blobs = new BlobStore(_paths, _links);
        Manifests = new ManifestStore(_paths, _links);
        Referrers = new ReferrerIndex(_paths, Manifests);
        Uploads = new UploadTable(_paths, options.UploadExpiry, usage);
        Origins = new RepositoryOrigins(_paths);
        Partials = new PartialBlobs(_paths, options.UploadExpiry, usage);
        Room = new StorageRoom(_paths, Origins, Blobs, Partials, usage, options);
    }

    internal BlobStore Blobs { get; }

    internal ManifestStore Manifests { get; }

    internal ReferrerIndex Referrers { get; }

    internal UploadTable Uploads { get; }

    internal RepositoryOrigins Origins { get; }

    internal PartialBlobs Partials { get; }

    internal StorageRoom Room { get; }

    /// <summary>A new name for a file that is gone after the next start.</summary>
    internal string NewTemporary() => _paths.NewTemporary();

    internal List<string> ListRepositories() => Repositories.List(_paths);

    /// <summary>Writes and removes a small file; what went wrong, or null.</summary>
    internal string? TryWrite()
    {
        try
        {
            var file = _paths.NewTemporary();
            File.WriteAllBytes(file, [1]);
            File.Delete(file);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the storage can't be written: {e.Message}";
        }
    }

    /// <summary>Bytes of a repository's blobs and unfinished uploads.</summary>
    internal long BytesOf(RepositoryName name) => Repositories.Bytes(_paths, name);

    /// <summary>Removes expired uploads and copies, and contents without a repository; safe beside requests.</summary>
    internal void CleanUp(CancellationToken cancellationToken)
    {
        Uploads.Expire(cancellationToken);
        Partials.Remove(all: false);
        _links.SweepOrphans(cancellationToken);
    }

    public void Dispose()
    {
        Uploads.Dispose();
        _lock.Dispose();
    }

    private static FileStream Own(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw GantryException.Conflict($"the registry directory {Path.GetDirectoryName(path)} is used by another server", exception);
        }
    }
}
