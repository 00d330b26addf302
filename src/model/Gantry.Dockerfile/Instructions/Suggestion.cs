namespace Gantry.Dockerfile.Syntax;

/// <summary>"did you mean": the known word at most two edits away.</summary>
internal static class Suggestion
{
    public static string For(string word, IEnumerable<string> known, bool ignoreCase = false)
    {
        if (word.Length > 64)
        {
            return string.Empty;
        }

        var wanted = ignoreCase ? word.ToLowerInvariant() : word;
        var best = known.Select(option => (option, distance: Distance(wanted, ignoreCase ? option.ToLowerInvariant() : option)))
            .Where(c => c.distance is > 0 and < 3).OrderBy(c => c.distance).ThenBy(c => c.option, StringComparer.Ordinal).FirstOrDefault();
        return best.option is null ? string.Empty : $" (did you mean {best.option}?)";
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
