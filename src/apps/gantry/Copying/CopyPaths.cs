namespace Gantry.Apps.Cli.Copying;

/// <summary>The ends of a cp: an argument is CONTAINER:PATH, a local path, or "-".</summary>
/// <param name="Container">Null for a local path.</param>
internal readonly record struct CopyEnd(string? Container, string Path)
{
    public bool IsStream => Container is null && Path == "-";

    public static CopyEnd Parse(string argument)
    {
        if (System.IO.Path.IsPathRooted(argument))
        {
            return new CopyEnd(null, argument);
        }

        var colon = argument.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 || argument[0] == '.' ? new CopyEnd(null, argument) : new CopyEnd(argument[..colon], argument[(colon + 1)..]);
    }
}

/// <summary>Paths with the endings that cp gives a meaning: "dir/" must be a directory, "dir/." is what is in it.</summary>
internal static class CopyPaths
{
    /// <summary>Whether the path says that it is a directory.</summary>
    public static bool AssertsDirectory(string path) => path.EndsWith('/') || IsContentsOnly(path);

    /// <summary>Whether the path means a directory's contents rather than the directory.</summary>
    public static bool IsContentsOnly(string path) => path == "." || path.EndsWith("/.", StringComparison.Ordinal);

    /// <summary>Makes a path absolute and clean, but keeps "/." and "/" at its end.</summary>
    public static string Absolute(string path)
    {
        var full = Path.GetFullPath(path).TrimEnd('/');
        var suffix = IsContentsOnly(path) ? "/." : path.EndsWith('/') ? "/" : "";
        return full.Length == 0 ? suffix is "/." ? "/." : "/" : full + suffix;
    }

    /// <summary>Directory and last name; the name of "dir/." and "/" is ".".</summary>
    public static (string Directory, string Name) Split(string path)
    {
        if (IsContentsOnly(path))
        {
            return (path.Length > 2 ? path[..^2] : "/", ".");
        }

        var clean = path.TrimEnd('/');
        if (clean.Length == 0)
        {
            return ("/", ".");
        }

        var slash = clean.LastIndexOf('/');
        return (slash <= 0 ? "/" : clean[..slash], clean[(slash + 1)..]);
    }
}
