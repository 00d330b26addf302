namespace Gantry.RegistryServer.Storage;

/// <summary>
/// How many bytes the whole registry has: contents, each once, and unfinished uploads and copies. Counted from the files at the start and kept up to date in
/// memory, so that a kill can't make it wrong.
/// </summary>
internal sealed class StorageUsage
{
    private long _bytes;

    internal long Bytes => Interlocked.Read(ref _bytes);

    internal void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    internal void Count(StorePaths paths)
    {
        foreach (var directory in Repositories.WithEntry(paths, "_uploads").Prepend(paths.Partials).Prepend(paths.Blobs).Where(Directory.Exists))
        {
            Add(new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length));
        }
    }
}
