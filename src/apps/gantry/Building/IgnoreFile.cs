using Gantry.Errors;

namespace Gantry.Apps.Cli.Building;

/// <summary>
/// What .dockerignore leaves out of a build's context. The last pattern that matches a path, or a directory above it, decides; a pattern with an
/// exclamation mark takes back in.
/// </summary>
internal sealed class IgnoreFile
{
    private readonly List<IgnorePattern> _patterns = [];

    private IgnoreFile()
    {
    }

    public bool IsEmpty => _patterns.Count == 0;

    /// <summary>Reads the lines of a file.</summary>
    /// <exception cref="GantryException">A pattern is malformed.</exception>
    public static IgnoreFile Parse(string text)
    {
        var file = new IgnoreFile();
        foreach (var raw in text.TrimStart('\ufeff').Split('\n'))
        {
            var line = raw.TrimEnd('\r');
            if (!line.StartsWith('#') && Clean(line.Trim()) is { Length: > 0 } pattern)
            {
                file.Add(pattern);
            }
        }

        return file;
    }

    /// <summary>Takes a path back in, as docker does with the Dockerfile and .dockerignore itself.</summary>
    public void Keep(string path)
    {
        if (Excludes(path))
        {
            _patterns.Add(IgnorePattern.Parse("!" + Escape(path))!);
        }
    }

    /// <summary>Leaves a path out.</summary>
    public void Drop(string path) => _patterns.Add(IgnorePattern.Parse(Escape(path))!);

    /// <summary>Whether a path is left out.</summary>
    /// <param name="path">Below the context, with slashes.</param>
    public bool Excludes(string path)
    {
        var excluded = false;
        foreach (var pattern in _patterns)
        {
            if (pattern.IsException == excluded && MatchesPathOrParent(pattern, path))
            {
                excluded = !pattern.IsException;
            }
        }

        return excluded;
    }

    /// <summary>Whether something below a directory that is left out may be taken back in.</summary>
    public bool MayKeepBelow(string directory) => _patterns.Exists(p => p.IsException && (p.Text + "/").StartsWith(directory + "/", StringComparison.Ordinal));

    private static bool MatchesPathOrParent(IgnorePattern pattern, string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (pattern.Matches(path.AsSpan(0, slash)))
            {
                return true;
            }
        }

        return pattern.Matches(path);
    }

    private void Add(string pattern) =>
        _patterns.Add(IgnorePattern.Parse(pattern) ?? throw GantryException.InvalidArgument($"error checking context: syntax error in pattern: {pattern}"));

    private static string Clean(string line)
    {
        var isException = line.StartsWith('!');
        var path = isException ? line[1..].Trim() : line;
        if (path.Length == 0)
        {
            return isException ? throw GantryException.InvalidArgument("error checking context: illegal exclusion pattern: \"!\"") : "";
        }

        path = CleanPath(path);
        path = path.Length > 1 && path[0] == '/' ? path[1..] : path;
        return isException ? "!" + path : path;
    }

    /// <summary>Go's filepath.Clean.</summary>
    internal static string CleanPath(string path)
    {
        var rooted = path.StartsWith('/');
        var parts = new List<string>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != "." && !(part == ".." && rooted))
            {
                parts.Add(part);
            }
        }

        var clean = (rooted ? "/" : "") + string.Join('/', parts);
        return clean.Length == 0 ? "." : clean;
    }

    private static string Escape(string path)
    {
        var text = path;
        foreach (var special in "\\*?[")
        {
            text = text.Replace(special.ToString(), "\\" + special, StringComparison.Ordinal);
        }

        return text;
    }
}
