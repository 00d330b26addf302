using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Engine.Tests.Differential;

/// <summary>
/// Puts placeholders where two runs differ for no reason of interest: ids, times, addresses of pools, process ids, sizes, data roots,
/// generated names. Everything else stays and is compared.
/// </summary>
/// <param name="dataRoots">Folders that stand for <c>/var/lib/docker</c>.</param>
internal sealed partial class Normaliser(params string[] dataRoots)
{
    /// <summary>Numbers that are measurements; zero stays zero.</summary>
    private static readonly HashSet<string> s_measured =
        ["Pid", "Size", "VirtualSize", "SizeRootFs", "SizeRw", "SharedSize", "time", "timeNano", "Created", "ProcessLabel", "LayersSize", "SpaceReclaimed", "size", "current", "total"];

    internal JsonNode? Apply(JsonNode? node) => Apply(node, string.Empty);

    internal string Text(string text)
    {
        foreach (var root in dataRoots)
        {
            text = text.Replace(root, "<root>", StringComparison.Ordinal);
        }

        text = text.Replace("crun create failed", "runc create failed", StringComparison.Ordinal);
        text = LongId().Replace(text, "<id>");
        text = Time().Replace(text, m => m.Value.StartsWith("0001-", StringComparison.Ordinal) ? m.Value : "<time>");
        text = Address().Replace(text, m => m.Groups["bits"].Success ? "<ip>/<n>" : "<ip>");
        text = Mac().Replace(text, "<mac>");
        return ShortId().Replace(text, "<short>");
    }

    private JsonNode? Apply(JsonNode? node, string key) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(Text(p.Key), Apply(p.Value, p.Key)))
            .DistinctBy(p => p.Key).OrderBy(p => p.Key, StringComparer.Ordinal)),
        JsonArray a => new JsonArray([.. a.Select(i => Apply(i, key))]),
        JsonValue v when v.TryGetValue<string>(out var s) => String(s, key),
        JsonValue v when s_measured.Contains(key) && v.TryGetValue<double>(out var d) && d != 0 => "<n>",
        _ => node?.DeepClone(),
    };

    private string String(string text, string key) => key switch
    {
        "Status" => Duration().Replace(text, m => $"{m.Groups["state"].Value} <duration>"),
        "execDuration" => "<n>",
        "HostPort" when text.Length == 5 => "<port>",
        "Name" or "Names" or "name" when GeneratedName().IsMatch(text) => "<name>",
        _ => Text(text),
    };

    [GeneratedRegex(@"(?<state>Up|Exited \(\d+\)) (Less than a second|\d+ seconds?|About a minute|\d+ minutes)")]
    private static partial Regex Duration();

    [GeneratedRegex(@"[0-9a-f]{64}")]
    private static partial Regex LongId();

    [GeneratedRegex(@"(?<![0-9a-z])(?=[0-9a-f]*[0-9])[0-9a-f]{12}(?![0-9a-z])")]
    private static partial Regex ShortId();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")]
    private static partial Regex Time();

    /// <summary>What engines hand out of their own pools; scripts use 10.x.</summary>
    [GeneratedRegex(@"\b(172\.(1[6-9]|2\d|3[01])|192\.168)\.\d+\.\d+(?<bits>/\d+)?\b")]
    private static partial Regex Address();

    /// <summary>Scripts' own begin with 92:00:00.</summary>
    [GeneratedRegex(@"\b(?!92:00:00:)[0-9a-f]{2}(:[0-9a-f]{2}){5}\b")]
    private static partial Regex Mac();

    [GeneratedRegex(@"^/?[a-z]+_[a-z]+[0-9]?$")]
    private static partial Regex GeneratedName();
}
