namespace Gantry.RegistryServer.Storage;

/// <summary>
/// Which repositories are copies of another registry's and which were pushed here: one is never both, so that nobody's push can appear under a
/// name that clients believe to be elsewhere, nor the other way round. A copy has the file <c>_upstream</c> with the address.
/// </summary>
internal sealed class RepositoryOrigins(StorePaths paths)
{
    private static readonly string[] s_content = ["_manifests", "_blobs", "_uploads"];
    private readonly Lock _lock = new();

    internal bool IsCache(RepositoryName name) => File.Exists(paths.Origin(name));

    /// <summary>True when something was pushed to it.</summary>
    internal bool IsLocal(RepositoryName name) => !IsCache(name) && HasContent(name);

    /// <summary>Makes the repository a copy of <paramref name="upstream"/>; false when something was pushed to it.</summary>
    internal bool TryMakeCache(RepositoryName name, Uri upstream)
    {
        lock (_lock)
        {
            if (IsCache(name))
            {
                return true;
            }

            if (HasContent(name))
            {
                return false;
            }

            Directory.CreateDirectory(paths.Repository(name));
            File.WriteAllText(paths.Origin(name), upstream.AbsoluteUri);
            return true;
        }
    }

    /// <summary>Makes a repository without an upstream one that takes pushes; what a former upstream left there stays.</summary>
    internal void MakeLocal(RepositoryName name)
    {
        lock (_lock)
        {
            ContentLinks.RemoveName(paths.Origin(name));
        }
    }

    /// <summary>Names of all copies.</summary>
    internal IEnumerable<RepositoryName> Caches()
    {
        foreach (var directory in Repositories.WithEntry(paths, "_blobs"))
        {
            if (RepositoryName.TryParse(Path.GetRelativePath(paths.Repositories, Path.GetDirectoryName(directory)!), out var name) && IsCache(name))
            {
                yield return name;
            }
        }
    }

    private bool HasContent(RepositoryName name) => s_content.Any(entry =>
    {
        var directory = Path.Combine(paths.Repository(name), entry);
        return Directory.Exists(directory) && Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any();
    });
}
