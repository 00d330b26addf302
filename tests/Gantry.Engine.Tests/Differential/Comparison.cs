using System.Text.Json.Nodes;

namespace Gantry.Engine.Tests.Differential;

/// <summary>One place where two answers differ.</summary>
internal sealed record Difference(string Path, string Expected, string Actual)
{
    public override string ToString() => $"{Path}: expected {Expected}, got {Actual}";
}

/// <summary>Finds where two answers differ: types, null, missing, values.</summary>
internal static class Comparison
{
    private const string Missing = "(missing)";

    internal static IReadOnlyList<Difference> Compare(JsonNode? expected, JsonNode? actual, Step step)
    {
        var differences = new List<Difference>();
        Walk(string.Empty, expected, actual, step, differences);
        return differences;
    }

    /// <summary>Whether a path matches a pattern whose <c>*</c> stands for one name and whose end stands for everything below.</summary>
    internal static bool Matches(string pattern, string path)
    {
        var (wanted, found) = (pattern.Split('.'), path.Split('.'));
        return wanted.Length <= found.Length && wanted.Zip(found).All(p => p.First == "*" || p.First == p.Second);
    }

    private static void Walk(string path, JsonNode? expected, JsonNode? actual, Step step, List<Difference> differences)
    {
        if (step.Ignored.Any(i => Matches(i, path)))
        {
            return;
        }

        if (expected is JsonObject e && actual is JsonObject a)
        {
            foreach (var name in e.Select(p => p.Key).Union(a.Select(p => p.Key)).Where(n => n != "step"))
            {
                var below = path.Length == 0 ? name : $"{path}.{name}";
                if (e.ContainsKey(name) && a.ContainsKey(name))
                {
                    Walk(below, e[name], a[name], step, differences);
                }
                else if (!step.Ignored.Any(i => Matches(i, below)))
                {
                    differences.Add(new Difference(below, e.ContainsKey(name) ? Show(e[name]) : Missing, a.ContainsKey(name) ? Show(a[name]) : Missing));
                }
            }
        }
        else if (expected is JsonArray m && actual is JsonArray n && m.Count != n.Count)
        {
            differences.Add(new Difference(path, string.Join(' ', m.Select(Brief)), string.Join(' ', n.Select(Brief))));
        }
        else if (expected is JsonArray x && actual is JsonArray y)
        {
            var (left, right) = step.IsUnordered ? (Sorted(x), Sorted(y)) : (x.ToList(), y.ToList());
            for (var i = 0; i < left.Count; i++)
            {
                Walk($"{path}.{i}", left[i], right[i], step, differences);
            }
        }
        else if (!JsonNode.DeepEquals(expected, actual))
        {
            differences.Add(new Difference(path, Show(expected), Show(actual)));
        }
    }

    private static List<JsonNode?> Sorted(JsonArray list) => [.. list.OrderBy(Show, StringComparer.Ordinal)];

    /// <summary>What tells an element of a list from its neighbours, an event's action for instance.</summary>
    private static string Brief(JsonNode? node) => node is JsonObject o && (o["Action"] ?? o["Names"] ?? o["Name"] ?? o["RepoTags"]) is { } name ? Show(name) : Show(node);

    private static string Show(JsonNode? node) => node?.ToJsonString(RecordedAnswers.Format) ?? "null";
}
