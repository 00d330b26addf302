using Gantry.Oci;

namespace Gantry.RegistryServer.Storage;

/// <summary>Walks the repositories that exist.</summary>
internal static class Repositories
{
    /// <summary>Names of repositories that hold at least one manifest, in ordinal order.</summary>
    internal static List<string> List(StorePaths paths)
    {
        var names = WithEntry(paths, "_manifests")
            .Where(directory => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any())
            .Select(directory => Path.GetRelativePath(paths.Repositories, Path.GetDirectoryName(directory)!))
            .ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Bytes of blobs and unfinished uploads.</summary>
    internal static long Bytes(StorePaths paths, RepositoryName name)
    {
        var total = 0L;
        foreach (var directory in (string[])[paths.RepositoryBlobs(name), paths.Uploads(name)])
        {
            try
            {
                total += new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(Length);
            }
            catch (DirectoryNotFoundException)
            {
                // Nothing of that kind yet.
                continue;
            }
        }

        return total;
    }

    private static long Length(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            // Finished or deleted meanwhile.
            return 0;
        }
    }

    /// <summary>Names of repositories that have a blob.</summary>
    internal static IEnumerable<RepositoryName> Holding(StorePaths paths, Digest digest)
    {
        foreach (var directory in WithEntry(paths, "_blobs"))
        {
            if (RepositoryName.TryParse(Path.GetRelativePath(paths.Repositories, Path.GetDirectoryName(directory)!), out var name)
                && File.Exists(paths.RepositoryBlob(name, digest)))
            {
                yield return name;
            }
        }
    }

    /// <summary>Full paths of the store's own directory <paramref name="entry"/> in every repository.</summary>
    internal static IEnumerable<string> WithEntry(StorePaths paths, string entry)
    {
        var pending = new Stack<string>([paths.Repositories]);
        while (pending.TryPop(out var directory))
        {
            foreach (var child in Directory.EnumerateDirectories(directory))
            {
                if (Path.GetFileName(child) == entry)
                {
                    yield return child;
                }
                else if (!Path.GetFileName(child).StartsWith('_'))
                {
                    pending.Push(child);
                }
            }
        }
    }
}
