namespace Gantry.Dockerfile;

/// <summary>
/// The patterns of a <c>.dockerignore</c>: comments and blank lines dropped, paths cleaned, <c>!</c> for exceptions (Docker's
/// build context documentation; moby/patternmatcher). The last pattern that matches decides.
/// </summary>
public sealed class IgnoreFile
{
    private readonly List<IgnorePattern> _patterns;

    private IgnoreFile(List<IgnorePattern> patterns) => _patterns = patterns;

    public static IgnoreFile Empty { get; } = new([]);

    public bool IsEmpty => _patterns.Count == 0;

    /// <summary>True when some pattern brings files back, so that an ignored directory must be looked into.</summary>
    public bool HasExceptions => _patterns.Exists(p => p.IsException);

    public static IgnoreFile Parse(string text) => FromPatterns(Patterns(text));

    /// <summary>The patterns of a file's lines, exceptions with their <c>!</c>.</summary>
    public static IReadOnlyList<string> Patterns(string text) => text.TrimStart('\uFEFF').Split('\n')
        .Where(line => !line.StartsWith('#')).Select(Normal).OfType<string>().ToList();

    /// <exception cref="Errors.GantryException">InvalidArgument: a pattern is malformed.</exception>
    public static IgnoreFile FromPatterns(IEnumerable<string> patterns) =>
        new(patterns.Where(p => p.Trim().Length > 0).Select(p => IgnorePattern.Parse(p.Trim())).ToList());

    /// <summary>True when the path or a directory above it is ignored and nothing brings it back.</summary>
    /// <param name="path">Slash path inside the context, no leading slash.</param>
    public bool IsIgnored(string path)
    {
        var ignored = false;
        foreach (var pattern in _patterns)
        {
            if (ignored == pattern.IsException && MatchesWithParents(pattern, path))
            {
                ignored = !pattern.IsException;
            }
        }

        return ignored;
    }

    private static bool MatchesWithParents(IgnorePattern pattern, string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (pattern.IsMatch(path.AsSpan(0, end)))
            {
                return true;
            }
        }

        return false;
    }

    private static string? Normal(string line)
    {
        var pattern = line.Trim();
        if (pattern.Length == 0)
        {
            return null;
        }

        var exception = pattern.StartsWith('!');
        pattern = exception ? pattern[1..].Trim() : pattern;
        if (pattern.Length > 0)
        {
            pattern = GoPath.Clean(pattern);
            pattern = pattern.Length > 1 && pattern[0] == '/' ? pattern[1..] : pattern;
        }

        return exception ? "!" + pattern : pattern;
    }
}
