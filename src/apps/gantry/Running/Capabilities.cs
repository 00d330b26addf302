namespace Gantry.Apps.Cli.Running;

/// <summary>--cap-add and --cap-drop in the API's spelling: upper case, CAP_ in front, sorted, and what is added is not dropped.</summary>
internal static class Capabilities
{
    private const string All = "ALL";

    public static (List<string>? Add, List<string>? Drop) Effective(IEnumerable<string> add, IEnumerable<string> drop)
    {
        var added = new SortedSet<string>(add.Select(Normalize), StringComparer.Ordinal);
        var dropped = new SortedSet<string>(drop.Select(Normalize), StringComparer.Ordinal);
        dropped.ExceptWith(added.Where(c => c != All));
        added = added.Contains(All) ? [All] : added;
        dropped = dropped.Contains(All) ? [All] : dropped;
        return (added.Count > 0 ? [.. added] : null, dropped.Count > 0 ? [.. dropped] : null);
    }

    private static string Normalize(string name)
    {
        var upper = name.Trim().ToUpperInvariant();
        return upper is All or "RESET" || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
    }
}
