namespace Gantry.Dockerfile;

/// <summary>
/// Go's filepath.Match: <c>*</c> and <c>?</c> do not match a slash; <c>[a-z]</c>, <c>[^a]</c>; a backslash escapes.
/// </summary>
public static class Glob
{
    /// <summary>True when the text has a character that makes it a pattern (an escape does too).</summary>
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny("*?[\\");

    /// <summary>Matches a whole name. Steps of work are bounded by the product of the lengths.</summary>
    /// <exception cref="FormatException">The pattern is malformed ("syntax error in pattern").</exception>
    public static bool IsMatch(string pattern, string name)
    {
        var (p, n) = (0, 0);
        var (starPattern, starName) = (-1, 0);
        while (n < name.Length || p < pattern.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (starPattern, starName) = (p++, n);
                continue;
            }

            var next = p;
            if (p < pattern.Length && n < name.Length && One(pattern, ref next, name[n]))
            {
                (p, n) = (next, n + 1);
                continue;
            }

            // Let the last star take one character more.
            if (starPattern < 0 || starName >= name.Length || name[starName] == '/')
            {
                Check(pattern, p);
                return false;
            }

            (p, n) = (starPattern + 1, ++starName);
        }

        return true;
    }

    /// <summary>Throws when a pattern is malformed.</summary>
    public static void Check(string pattern, int from = 0)
    {
        for (var p = from; p < pattern.Length;)
        {
            if (pattern[p] == '*')
            {
                p++;
            }
            else
            {
                One(pattern, ref p, 'x');
            }
        }
    }

    internal static bool One(string pattern, ref int p, char c)
    {
        switch (pattern[p])
        {
            case '?':
                p++;
                return c != '/';
            case '[':
                return Class(pattern, ref p, c);
            case '\\':
                p++;
                return p < pattern.Length ? pattern[p++] == c : throw Malformed();
            default:
                return pattern[p++] == c;
        }
    }

    private static bool Class(string pattern, ref int p, char c)
    {
        p++;
        var negated = p < pattern.Length && pattern[p] == '^';
        p += negated ? 1 : 0;
        var matched = false;
        for (var ranges = 0; ; ranges++)
        {
            if (p < pattern.Length && pattern[p] == ']' && ranges > 0)
            {
                p++;
                return matched != negated && c != '/';
            }

            var low = Character(pattern, ref p);
            var high = low;
            if (p < pattern.Length && pattern[p] == '-')
            {
                p++;
                high = Character(pattern, ref p);
            }

            matched |= low <= c && c <= high;
        }
    }

    private static char Character(string pattern, ref int p)
    {
        if (p >= pattern.Length || pattern[p] is '-' or ']')
        {
            throw Malformed();
        }

        if (pattern[p] == '\\' && ++p >= pattern.Length)
        {
            throw Malformed();
        }

        return p + 1 < pattern.Length ? pattern[p++] : throw Malformed();
    }

    private static FormatException Malformed() => new("syntax error in pattern");
}
