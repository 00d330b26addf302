namespace Gantry.Engine.Tests.Differential;

/// <summary>
/// Differences that are right, each with its reason: <c>KnownDifferences.txt</c> has lines of three parts, <c>step | path | reason</c>. A step is
/// the beginning of a step's title (a method and a path), <c>*</c> for all; a path is as <see cref="Comparison.Matches"/> takes it.
/// </summary>
internal static class KnownDifferences
{
    private static readonly List<(string Step, string Path)> s_known =
        [.. File.ReadLines(System.IO.Path.Combine(RecordedAnswers.Folder, "KnownDifferences.txt"))
            .Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(" | ")).Select(p => (p[0], p[1]))];

    internal static bool Covers(Step step, Difference difference) =>
        s_known.Any(k => (k.Step == "*" || step.Title.StartsWith(k.Step, StringComparison.Ordinal)) && Comparison.Matches(k.Path, difference.Path));
}
