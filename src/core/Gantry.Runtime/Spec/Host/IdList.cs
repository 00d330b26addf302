namespace Gantry.Runtime.Spec;

/// <summary>Sets of CPU or memory node numbers in the kernel's list format (cpuset(7)): <c>0-3,7</c>.</summary>
internal static class IdList
{
    /// <summary>Highest number taken; the kernel's largest NR_CPUS is 8192.</summary>
    private const int Highest = 8191;

    /// <summary>Parses the list; false when it is not one. An empty text is the empty set.</summary>
    internal static bool TryParse(string text, out HashSet<int> ids)
    {
        ids = [];
        if (text.Length == 0)
        {
            return true;
        }

        foreach (var part in text.Split(','))
        {
            if (!TryParseRange(part, out var first, out var last))
            {
                return false;
            }

            ids.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return true;
    }

    private static bool TryParseRange(string part, out int first, out int last)
    {
        var dash = part.IndexOf('-', StringComparison.Ordinal);
        last = 0;
        return dash < 0
            ? TryParseId(part, out first) && (last = first) >= 0
            : TryParseId(part[..dash], out first) && TryParseId(part[(dash + 1)..], out last) && first <= last;
    }

    private static bool TryParseId(string text, out int id) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out id) && id <= Highest;
}
