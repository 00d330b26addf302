namespace Gantry.Build;

/// <summary>Where the builder keeps what is not in a store.</summary>
/// <param name="Temporary">Contexts and mounts of running builds; emptied at start.</param>
/// <param name="Mounts">Directories of <c>--mount=type=cache</c>.</param>
/// <param name="Secrets">Contents of secrets while a step runs; in memory (tmpfs) if the run directory is. Emptied at start.</param>
internal sealed record BuildFolders(string Temporary, string Mounts, string Secrets)
{
    public static BuildFolders Create(BuildServiceOptions options)
    {
        var folders = new BuildFolders(
            Path.Combine(options.Root, "tmp"), Path.Combine(options.Root, "mounts"), Path.Combine(options.RunDirectory, "build-secrets"));
        foreach (var folder in new[] { folders.Temporary, folders.Mounts, folders.Secrets })
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folders;
    }

    /// <summary>Removes what a killed engine's builds left.</summary>
    public void Empty()
    {
        foreach (var leftover in new[] { Temporary, Secrets }.SelectMany(Directory.EnumerateFileSystemEntries).ToList())
        {
            if (Directory.Exists(leftover))
            {
                Directory.Delete(leftover, recursive: true);
            }
            else
            {
                File.Delete(leftover);
            }
        }
    }
}

public sealed record BuildServiceOptions
{
    /// <summary>The builder's own directory below the data root; made when missing.</summary>
    public required string Root { get; init; }

    /// <summary>The engine's run directory.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>Written into images as <c>docker_version</c>.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>Rules by which the cache is pruned after builds, for a disk of so many bytes.</summary>
    public Func<long, IReadOnlyList<CacheRule>> CacheRules { get; init; } = size => CacheRule.Defaults(CacheSpace.None, size);

    /// <summary>Told what the builder's own work failed over.</summary>
    public Action<string>? Warn { get; init; }
}
